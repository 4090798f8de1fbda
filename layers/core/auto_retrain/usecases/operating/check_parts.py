"""Whether the champions of models with data in parts can be scored in parts; each job would find it out otherwise."""

from collections.abc import Iterator
from functools import partial

from ...domain.errors import AutoRetrainError
from ...domain.installation import Finding
from ...ports import Ports
from ..lookup import champion_to_beat
from .each_model import Member, ReadFleet, look_at_each


def check_parts(fleet: ReadFleet, ports: Ports) -> Iterator[Finding]:
    """One finding for each model whose data are read in parts."""
    return look_at_each("parts", fleet, _has_parts, partial(_champion_of, ports=ports))


def _has_parts(member: Member) -> bool:
    return member[0].policy.data.parts > 1


def _champion_of(member: Member, ports: Ports) -> Finding:
    policy = member[0].policy
    subject = f"parts of {policy.model}"
    try:
        champion = champion_to_beat(policy.model, ports)
        image = policy.training.image or ports.cluster.default_image
    except AutoRetrainError as error:
        return Finding.unknown(subject, error, "mend the findings 'table', 'registry' and 'cluster' first")
    if champion is None or champion.files.are_scored_in_parts(image):
        return Finding(subject=subject, is_good=True, text="the champion can be scored in parts, if there is one")
    return Finding(
        subject=subject,
        is_good=False,
        text=champion.cannot_be_scored_in_parts,
        remedy="see docs/training.md#a-holdout-in-parts",
    )

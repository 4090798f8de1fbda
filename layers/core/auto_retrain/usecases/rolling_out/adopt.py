"""Takes over what somebody else let serve: the person wins, and a rollout ends where it is."""

import logging

from ...domain.errors import RegistryRefused, RegistryUnavailable
from ...domain.facts.promoting import AliasMoved
from ...domain.model_version import ModelVersion
from ...domain.serving import ServingRecord
from ...ports import Ports
from ..audit.record import announce
from ..lookup import newest_version, owner_in, recorded_version
from .let_follow import Seen
from .own_states import OwnStates
from .publish_page import publish_page
from .wake import wake

_LOG = logging.getLogger(__name__)


def adopt(record: ServingRecord, traffic: Seen, alias: Seen, own: OwnStates, ports: Ports) -> ServingRecord | None:
    """The record with the champion that somebody else chose.

    None if nobody did, if it is not one version that may serve, or if people could not be told yet.
    """
    number = chosen(traffic, alias, own)
    version = _version(record, number, ports) if number else None
    if version is None:
        return None
    moved = joined(traffic.moved, alias.moved) or ""
    # Announced first: if we die in between, the same fact is announced again, under the same id.
    fact = moved_fact(record, moved, number, ports, adopted=True)
    if not announce(fact, ports):
        return None
    change = record.adopted(version, f"somebody else let it serve: {moved}", ports.clock.now())
    adopted = ports.ledger.write(change, facts=[fact])
    if record.rollout:
        wake(record, ports)
        publish_page(record.rollout, adopted, ports)
    return adopted


def moved_fact(
    record: ServingRecord, moved: str, version: str | None, ports: Ports, adopted: bool = False
) -> AliasMoved:
    """What people are told about what somebody else moved."""
    applied = newest_version(record.model_name, ports)
    return AliasMoved(
        model_name=record.model_name,
        job_id=record.rollout.job_id if record.rollout else None,
        at=ports.clock.now(),
        version=version,
        expected=record.champion_number,
        deployment=record.sequence,
        owner=owner_in(applied),
        moved=moved,
        adopted=adopted,
    )


def adoptable_version(model_name: str, number: str, ports: Ports) -> ModelVersion | None:
    """A version that somebody else let serve, as the job that trained it recorded it.

    None if it is not registered, or if its job did not allow it to serve: a training pod that can reach the registry
    must not put its own version in front of everybody.
    """
    tags = ports.registry.version_tags(model_name, number)
    job = ports.jobs.get((tags or {}).get("job_id", ""))
    is_ours = job is not None and job.model_name == model_name and number in job.challengers
    if job is not None and is_ours and not job.allows(number):
        return None
    return recorded_version(model_name, number, ports)


def chosen(traffic: Seen, alias: Seen, own: OwnStates) -> str | None:
    """The one version that somebody else let answer every request, if that is what happened."""
    if traffic.moved and not own.knows_target:
        return None
    by_traffic = traffic.route.only_version if traffic.route and not traffic.route.mirrors else None
    choices = {version for version, moved in ((by_traffic, traffic.moved), (alias.alias, alias.moved)) if moved}
    return choices.pop() if len(choices) == 1 else None


def _version(record: ServingRecord, number: str, ports: Ports) -> ModelVersion | None:
    """As we know it; the champion itself may be the choice, if somebody took a rollout back by hand."""
    if record.champion and record.champion.version.number == number:
        return record.champion.version
    try:
        return adoptable_version(record.model_name, number, ports)
    except (RegistryUnavailable, RegistryRefused) as error:
        _LOG.error("version %s of %s is not adopted yet: %s", number, record.model_name, error)
        return None


def joined(*reasons: str | None) -> str | None:
    """Reasons in one sentence; None without any."""
    return "; ".join(filter(None, reasons)) or None

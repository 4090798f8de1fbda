"""Takes over what somebody else let serve: the person wins, and a rollout ends where it is."""

import logging

from ...domain.errors import RegistryRefused, RegistryUnavailable
from ...domain.facts.promoting import AliasMoved
from ...domain.model_version import ModelVersion
from ...domain.serving import ServingRecord
from ...ports import Ports
from ..audit.record import announce
from ..lookup import newest_version, recorded_version
from .let_follow import Seen
from .own_states import OwnStates

_LOG = logging.getLogger(__name__)


def adopt(record: ServingRecord, traffic: Seen, alias: Seen, own: OwnStates, ports: Ports) -> ServingRecord | None:
    """The record with the champion that somebody else chose.

    None if nobody did, if it is not one registered version for every request, or if people could not be told yet.
    """
    number = _chosen(traffic, alias, own)
    version = _version(record, number, ports) if number else None
    if version is None:
        return None
    moved = "; ".join(seen.moved for seen in (traffic, alias) if seen.moved)
    # Announced first: if we die in between, the same fact is announced again, under the same id.
    if not announce(_fact(record, version, moved, ports), ports):
        return None
    return ports.ledger.write(record.adopted(version, f"somebody else let it serve: {moved}", ports.clock.now()))


def _chosen(traffic: Seen, alias: Seen, own: OwnStates) -> str | None:
    if traffic.moved and not own.knows_target:
        return None
    by_traffic = traffic.route.only_version if traffic.route and not traffic.route.mirrors else None
    choices = {version for version, moved in ((by_traffic, traffic.moved), (alias.alias, alias.moved)) if moved}
    return choices.pop() if len(choices) == 1 else None


def _version(record: ServingRecord, number: str, ports: Ports) -> ModelVersion | None:
    """As we know it; None if it is not registered, or MLflow is away."""
    known = [line.version for line in (record.champion, record.previous) if line]
    known += [record.rollout.challenger] if record.rollout else []
    try:
        registered = recorded_version(record.model_name, number, ports)
    except (RegistryUnavailable, RegistryRefused) as error:
        _LOG.error("version %s of %s is not adopted yet: %s", number, record.model_name, error)
        return None
    return registered and next((version for version in known if version.number == number), registered)


def _fact(record: ServingRecord, version: ModelVersion, moved: str, ports: Ports) -> AliasMoved:
    applied = newest_version(record.model_name, ports)
    return AliasMoved(
        model_name=record.model_name,
        job_id=record.rollout.job_id if record.rollout else None,
        at=ports.clock.now(),
        version=version.number,
        expected=record.champion.version.number if record.champion else None,
        deployment=record.sequence,
        owner=applied.policy.owner if applied else "whoever owns it",
        moved=moved,
    )

"""Takes back what serves: the record first, then traffic and alias, then everybody who must know."""

import logging
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from ...domain.errors import AutoRetrainError
from ...domain.facts.taking_back import VersionTakenBack
from ...domain.messages.rolling_out import RollbackOutcome
from ...domain.serving import ServingChange, ServingRecord
from ...domain.text import one_line
from ...ports import Ports
from ..audit.record import announce
from ..audit.record import record as record_fact
from ..lookup import newest_version
from .follow import follow
from .newest_record import on_newest
from .publish_page import publish_page
from .settle import settle_now
from .traffic_target import target_of
from .wake import wake

_LOG = logging.getLogger(__name__)

MAX_REASON = 500


class _Written(NamedTuple):
    """A record before and after a change with the fact about it, or why nothing had to be changed."""

    before: ServingRecord
    record: ServingRecord
    fact: VersionTakenBack | None = None
    unchanged: str | None = None


# Decides on the newest record: the change, or why there is nothing to change.
Decision = Callable[[ServingRecord], ServingChange | str]


def abort_rollout(model_name: str, job_id: str, actor: str, reason: str, ports: Ports) -> RollbackOutcome:
    """Take back the challenger of one rollout; if that has ended, nothing is changed, whatever serves now.

    `actor` may be the system. Raises nothing because of MLflow, the traffic target, or whatever carries messages.
    """
    return take_back(model_name, partial(_abort, job_id, actor, reason, ports), ports)


def _abort(job_id: str, actor: str, reason: str, ports: Ports, record: ServingRecord) -> ServingChange | str:
    if record.rollout_of_job(job_id) is None:
        return f"the rollout of job '{job_id}' has already ended"
    return record.aborted(actor, one_line(reason)[:MAX_REASON], ports.clock.now())


def take_back(model_name: str, decide: Decision, ports: Ports, tell: bool = True) -> RollbackOutcome:
    """Carry out what is decided on the newest record, and report what was read back.

    Without `tell`, people are not told; the caller does that.

    What cannot be reached now is done by the watcher of rollouts.
    """
    written = on_newest(model_name, partial(_write, decide, tell, ports), ports)
    record, pending = _follow(written, ports)
    fact = written.fact
    if fact:
        wake(written.before, ports)
        # People are told of many champions at once, by whoever took them back.
        _tell(fact, ports) if tell else record_fact(fact, ports)
        settle_now(record, ports)
        if written.before.rollout:
            publish_page(written.before.rollout, record, ports)
    route = record.applied.route if record.applied else None
    return RollbackOutcome(
        model_name=model_name,
        version=record.champion_number,
        taken_back=fact.versions if fact else (),
        unchanged=written.unchanged,
        alias=record.applied.alias if record.applied else None,
        weights=dict(route.weights) if route else None,
        pending=pending,
    )


def _write(decide: Decision, tell: bool, ports: Ports, before: ServingRecord) -> _Written:
    decision = decide(before)
    if isinstance(decision, str):
        return _Written(before, before, unchanged=decision)
    fact = _fact(before, decision, tell)
    return _Written(before, ports.ledger.write(decision, facts=[fact]), fact)


def _follow(written: _Written, ports: Ports) -> tuple[ServingRecord, str | None]:
    """The record as read back, and what is still to come.

    The target that a rollout was begun with has to let go of it, even if the policy names another one by now.
    """
    record = written.record
    if written.fact is None and record.is_applied:
        return record, record.conflict
    try:
        target = target_of(written.before, newest_version(record.model_name, ports))
        record = follow(record, target, ports)
    except AutoRetrainError as error:
        _LOG.error("alias and traffic of %s do not follow yet: %s", record.model_name, error)
        return record, one_line(f"{type(error).__name__}: {error}")
    return record, record.difference


def _tell(fact: VersionTakenBack, ports: Ports) -> None:
    """Tell people, which is the first of the messages about a champion that nobody has acknowledged."""
    if not announce(fact, ports) or not fact.waits:
        return
    try:
        on_newest(fact.model_name, partial(_note_told, fact, ports), ports)
    except AutoRetrainError as error:
        _LOG.error("people are told once more of what was taken back of %s: %s", fact.model_name, error)


def _note_told(fact: VersionTakenBack, ports: Ports, record: ServingRecord) -> None:
    alert = record.alert
    if alert and alert.version in fact.versions and alert.acknowledged is None and not alert.told:
        ports.ledger.note(record.alerted(alert.reminded(fact.at)))


def _fact(before: ServingRecord, change: ServingChange, tell: bool) -> VersionTakenBack:
    after, line = change
    earlier = {(each.version, each.at) for each in before.rolled_back}
    return VersionTakenBack(
        model_name=line.model_name,
        job_id=before.rollout.job_id if before.rollout else None,
        actor=line.actor,
        at=line.deployed_at,
        versions=tuple(each.version for each in after.rolled_back if (each.version, each.at) not in earlier),
        champion=line.version.number,
        sequence=line.sequence,
        reason=line.reason,
        waits=after.alert is not None and after.alert != before.alert and after.alert.acknowledged is None,
        told_with_others=not tell,
    )

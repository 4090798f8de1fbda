"""Makes alias and traffic follow a serving record that they do not follow yet, and tells people if they cannot."""

from datetime import datetime, timedelta
from functools import partial

from ...domain.errors import ServingConflict
from ...domain.facts.taking_back import ServingDiffers
from ...domain.policy.policy import AppliedPolicy
from ...domain.serving import ServingRecord
from ...ports import Ports
from ..audit.record import announce
from ..isolation import attempt
from ..lookup import owner_in
from .end_drill import end_overdue_drill
from .follow import follow
from .traffic_target import target_of

# What is still on its way after this long does not arrive by itself.
GRACE = timedelta(minutes=3)
REPEAT_TIME = timedelta(days=1)


def reconcile(
    record: ServingRecord, applied: AppliedPolicy | None, until: datetime, problems: list[str], ports: Ports
) -> str:
    """Let alias and traffic follow; returns in place, reconciled, pending or unreconciled.

    Nothing is begun after `until`: a registry that hangs must not use up the time of the next pass.
    """
    followed: ServingRecord | None = record
    if ports.clock.now() <= until:
        following = partial(_follow, record, applied, ports)
        followed = attempt(following, f"alias and traffic of {record.model_name}", problems)
    after = followed or record
    if after.is_settled:
        return "in place" if record.is_settled else "reconciled"
    at = ports.clock.now()
    if after.conflict is None and after.changed_at and at - after.changed_at < GRACE:
        return "pending"
    attempt(partial(_tell, after, applied, at, ports), f"message about {record.model_name}", problems)
    return "unreconciled"


def _follow(record: ServingRecord, applied: AppliedPolicy | None, ports: Ports) -> ServingRecord:
    try:
        return follow(end_overdue_drill(record, ports), target_of(record, applied), ports)
    except ServingConflict:
        return ports.ledger.serving(record.model_name)  # somebody else is at work on it


def _tell(record: ServingRecord, applied: AppliedPolicy | None, at: datetime, ports: Ports) -> None:
    """Tell people once a day for as long as it lasts."""
    if record.told_at and at - record.told_at < REPEAT_TIME:
        return
    fact = ServingDiffers(
        model_name=record.model_name,
        job_id=record.rollout.job_id if record.rollout else None,
        at=at,
        reason=record.difference or "",
        owner=owner_in(applied),
        revision=record.revision,
    )
    if announce(fact, ports):
        ports.ledger.note(record.told(at), fact)

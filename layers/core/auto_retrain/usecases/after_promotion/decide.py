"""Decides what becomes of a watched champion: nothing yet, final, taken back, or people are warned of it.

What people decided comes first.
"""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from ...domain.policy.policy import AppliedPolicy, PolicyStatus
from ...domain.serving import ServingRecord
from ...domain.verdict import Outcome, Verdict

# A source that is away when a watch ends is asked for so long: the days since it last answered may be the bad ones.
LAST_LOOK = timedelta(days=1)


class Decision(NamedTuple):
    """What is to be done about a champion, and why."""

    step: Literal["final", "take back", "warn"]
    version: str
    reason: str


def decide(
    record: ServingRecord, applied: AppliedPolicy | None, verdict: Verdict | None, at: datetime
) -> Decision | None:
    """What is to be done at a moment; None if nothing is, be it because the model is not watched."""
    if record.watch is None or record.champion is None:
        return None
    version = record.champion.version.number
    ended = _ended_by(applied)
    if ended:
        return Decision("final", version, ended)
    if _is_of_two(record, applied):
        return None
    if verdict and verdict.met:
        return _failed(record, version, verdict.reason)
    is_away = verdict is None and (applied is None or is_judged(record, applied))
    is_away = is_away or (verdict is not None and verdict.outcome is Outcome.ERROR)
    if at < record.watch.until + (LAST_LOOK if is_away else timedelta()):
        return None
    return Decision("final", version, verdict.reason if verdict else _unjudged(applied))


def is_judged(record: ServingRecord, applied: AppliedPolicy | None) -> bool:
    """Whether a watched champion is judged now."""
    is_active = applied is not None and applied.status is PolicyStatus.ACTIVE
    return is_active and _ended_by(applied) is None and not _is_of_two(record, applied)


def _is_of_two(record: ServingRecord, applied: AppliedPolicy | None) -> bool:
    """Whether the metric is that of champion and challenger together."""
    names_version = applied is not None and applied.policy.metric.names_version
    return record.rollout is not None and record.rollout.has_answered and not names_version


def _failed(record: ServingRecord, version: str, reason: str) -> Decision | None:
    """A champion that failed is taken back, but what a rollout or somebody else will make of it comes first."""
    if not (record.rollout or record.conflict):
        return Decision("take back", version, reason)
    alert = record.alert
    if alert and (not alert.settled or (alert.version == version and not alert.taken_back)):
        return None
    rollout = f"version {record.rollout.challenger.number} rolls out" if record.rollout else record.conflict
    return Decision("warn", version, f"{reason}; it is not taken back while {rollout}")


def _ended_by(applied: AppliedPolicy | None) -> str | None:
    """How a person has ended the watch before its time, if one has."""
    if applied is None:
        return None
    if applied.status is PolicyStatus.REMOVED:
        return f"{applied.applied_by} removed the policy"
    return None if applied.policy.deployment.watch_days else "deployment.watch_days is 0 by now"


def _unjudged(applied: AppliedPolicy | None) -> str:
    is_paused = applied is not None and applied.status is PolicyStatus.PAUSED
    return "the model is paused, so it was not judged" if is_paused else "it could not be judged"

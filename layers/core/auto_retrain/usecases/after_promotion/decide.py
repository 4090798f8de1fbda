"""Decides what becomes of a watched champion: nothing yet, final, or taken back. What people decided comes first."""

from datetime import datetime
from typing import Literal, NamedTuple

from ...domain.policy.policy import AppliedPolicy, PolicyStatus
from ...domain.serving import ServingRecord
from ...domain.verdict import Verdict


class Decision(NamedTuple):
    """What is to be done about a champion, and why."""

    step: Literal["final", "take back"]
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
    if record.rollout or record.conflict:
        return None  # while a challenger rolls out, the metric is that of both
    if verdict and verdict.met:
        return Decision("take back", version, verdict.reason)
    if at < record.watch.until:
        return None
    return Decision("final", version, verdict.reason if verdict else _unjudged(applied))


def is_judged(applied: AppliedPolicy | None) -> bool:
    """Whether a watched champion is judged under this policy."""
    return applied is not None and applied.status is PolicyStatus.ACTIVE and _ended_by(applied) is None


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

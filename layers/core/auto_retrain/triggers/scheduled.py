"""Retrain when the schedule says so."""

from datetime import UTC, datetime, timedelta

from ..domain.model_state import ModelState
from ..domain.names import spread_offset
from ..domain.policy.policy import Policy
from ..domain.schedule import last_due, runs_between, upcoming
from ..domain.trigger_type import TriggerType
from ..domain.verdict import Outcome, Verdict
from .base import Evidence, Occasion, Trigger

CHECK = "scheduled"


class Scheduled(Trigger):
    """The schedule fired since the last retraining."""

    kind = TriggerType.SCHEDULED

    def judge(self, policy: Policy, evidence: Evidence, at: datetime) -> tuple[Verdict, ...]:
        return (judge_schedule(policy, evidence.state.last_retrained_at, at),)

    def occasion(self, policy: Policy, at: datetime, turn: datetime) -> Occasion:
        """When the schedule fired; each day anew, so that a retraining that failed is tried again the next day."""
        due = due_at(policy, at) or at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return Occasion(due, f"{due.isoformat()} {at.date()}")

    def next_look(self, policy: Policy, state: ModelState, at: datetime) -> datetime | None:
        """When the schedule fires next."""
        config, offset = policy.triggers, _offset(policy)
        # A run is done with what was retrained after it, even before the model's own turn has come.
        after = max(at - offset, state.last_retrained_at or at - offset)
        fires = next(upcoming(config.schedule_expression, config.time_zone, after), None)
        return fires + offset if fires else None


def judge_schedule(policy: Policy, last_retrained_at: datetime | None, at: datetime) -> Verdict:
    """Met when the schedule fired since the last retraining, or when the model was never retrained.

    Each model's turn comes later than the schedule by an offset of its own, so that a fleet does not start at once.
    """
    config = policy.triggers
    if last_retrained_at is None:
        return Verdict(check=CHECK, outcome=Outcome.MET, reason="the model was never retrained")
    due = due_at(policy, at)
    if due is None or due <= last_retrained_at:
        reason = f"not due: last retrained {last_retrained_at.isoformat()}, schedule '{config.schedule_expression}'"
        return Verdict(check=CHECK, outcome=Outcome.UNMET, reason=reason)
    missed = runs_between(config.schedule_expression, config.time_zone, last_retrained_at, due) - 1
    note = f"; {missed} earlier {'run was' if missed == 1 else 'runs were'} missed" if missed > 0 else ""
    return Verdict(check=CHECK, outcome=Outcome.MET, reason=f"due since {due.isoformat()}{note}")


def due_at(policy: Policy, at: datetime) -> datetime | None:
    """When the schedule fired last, of those times that are this model's turn by now."""
    config = policy.triggers
    return last_due(config.schedule_expression, config.time_zone, at - _offset(policy))


def _offset(policy: Policy) -> timedelta:
    """By how much the model's turn comes later than the schedule."""
    return timedelta(minutes=spread_offset(policy.model, "schedule", policy.triggers.schedule_spread_minutes))

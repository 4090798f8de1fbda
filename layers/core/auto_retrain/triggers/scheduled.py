"""Retrain on a schedule."""

from datetime import UTC, datetime, timedelta

from ..domain.model_state import ModelState
from ..domain.names import spread_offset
from ..domain.policy.policy import Policy
from ..domain.schedule import last_due, next_due, runs_between
from ..domain.trigger_type import TriggerType
from ..domain.verdict import Outcome, Verdict
from .base import Evidence, Occasion, Trigger

CHECK = "scheduled"


class Scheduled(Trigger):
    """The schedule has fired since the last retraining."""

    kind = TriggerType.SCHEDULED

    def judge(self, policy: Policy, evidence: Evidence, at: datetime) -> tuple[Verdict, ...]:
        return (judge_schedule(policy, evidence.state.last_retrained_at, at),)

    def occasion(self, policy: Policy, state: ModelState, at: datetime, turn: datetime) -> Occasion:
        """When the schedule fired; a new occasion every day, so that a failed retraining is retried the next day."""
        due = due_at(policy, at) or at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return Occasion(due, f"{due.isoformat()} {at.date()}")

    def next_check(self, policy: Policy, state: ModelState, at: datetime) -> datetime | None:
        """When the schedule fires next."""
        config, offset = policy.triggers, _offset(policy)
        # A retraining after a run settles that run, even if the model's turn for it has not come yet.
        after = max(at - offset, state.last_retrained_at or at - offset)
        fires = next_due(config.schedule_expression, config.time_zone, after)
        return fires + offset if fires else None


def judge_schedule(policy: Policy, last_retrained_at: datetime | None, at: datetime) -> Verdict:
    """Met if the schedule has fired since the last retraining, or the model has never been retrained.

    Each model has its own offset after the schedule, so that a fleet does not start all at once.
    """
    config = policy.triggers
    if last_retrained_at is None:
        return Verdict(check=CHECK, outcome=Outcome.MET, reason="the model has never been retrained")
    due = due_at(policy, at)
    if due is None or due <= last_retrained_at:
        reason = f"not due: last retrained {last_retrained_at:%F %T} UTC, schedule '{config.schedule_expression}'"
        return Verdict(check=CHECK, outcome=Outcome.UNMET, reason=reason)
    missed = runs_between(config.schedule_expression, config.time_zone, last_retrained_at, due) - 1
    note = f"; {missed} earlier {'run was' if missed == 1 else 'runs were'} missed" if missed > 0 else ""
    return Verdict(check=CHECK, outcome=Outcome.MET, reason=f"due since {due:%F %R} UTC{note}")


def is_due(policy: Policy, last_retrained_at: datetime | None, at: datetime) -> bool:
    """Whether the schedule calls for a retraining at a moment."""
    if last_retrained_at is None:
        return True
    due = due_at(policy, at)
    return due is not None and due > last_retrained_at


def due_at(policy: Policy, at: datetime) -> datetime | None:
    """The last time the schedule fired for which this model's turn has come."""
    config = policy.triggers
    return last_due(config.schedule_expression, config.time_zone, at - _offset(policy))


def _offset(policy: Policy) -> timedelta:
    """The model's offset after the schedule."""
    return timedelta(minutes=spread_offset(policy.model, "schedule", policy.triggers.schedule_spread_minutes))

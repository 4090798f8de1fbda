"""Retrain when the schedule says so."""

from datetime import datetime, timedelta

from ..domain.names import spread_offset
from ..domain.policy.policy import Policy
from ..domain.schedule import last_due, runs_between
from ..domain.verdict import Outcome, Verdict

CHECK = "scheduled"


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
    offset = timedelta(minutes=spread_offset(policy.model, "schedule", config.schedule_spread_minutes))
    return last_due(config.schedule_expression, config.time_zone, at - offset)

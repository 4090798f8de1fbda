"""Retrain when the schedule says so."""

from datetime import datetime

from ..domain.policy import TriggerConfig
from ..domain.schedule import last_due
from ..domain.verdict import Outcome, Verdict

CHECK = "scheduled"


def judge_schedule(config: TriggerConfig, last_retrained_at: datetime | None, at: datetime) -> Verdict:
    """Met when the schedule fired since the last retraining, or when the model was never retrained."""
    if last_retrained_at is None:
        return Verdict(check=CHECK, outcome=Outcome.MET, reason="the model was never retrained")
    due = last_due(config.schedule_expression, config.time_zone, at)
    if due is not None and due > last_retrained_at:
        return Verdict(check=CHECK, outcome=Outcome.MET, reason=f"due since {due.isoformat()}")
    reason = f"not due: last retrained {last_retrained_at.isoformat()}, schedule '{config.schedule_expression}'"
    return Verdict(check=CHECK, outcome=Outcome.UNMET, reason=reason)

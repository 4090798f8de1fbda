"""What is kept of each decision on whether to retrain, for people who ask why, and why not."""

from typing import Literal

from .base import Record, UtcTime
from .trigger_type import TriggerType
from .verdict import Verdict

# Kinds of what holds a retraining back although a trigger calls for it.
HeldBy = Literal[
    "paused",
    "quarantine",
    "running_job",
    "cool_down",
    "back_off",
    "daily_cap",
    "monthly_cap",
    "breach_days",
    "observe_only",
    "fleet_jobs",
    "fleet_budget",
]


class Hold(Record):
    """One thing that holds a retraining back, in a sentence for people, and when it ends if that is known."""

    kind: HeldBy
    reason: str
    until: UtcTime | None = None


class DecisionRecord(Record):
    """One look at a model: what the triggers said, and what came of it.

    `key` is the same when the same look is recorded again. Without an execution it was the sweep that looked.
    """

    model_name: str
    key: str
    event_time: UtcTime
    recorded_at: UtcTime
    trigger_type: TriggerType
    outcome: Literal["started", "suppressed", "not_due"]
    reason: str
    held_by: HeldBy | None = None
    verdicts: tuple[Verdict, ...] = ()
    actor: str | None = None
    execution_arn: str | None = None
    job_id: str | None = None

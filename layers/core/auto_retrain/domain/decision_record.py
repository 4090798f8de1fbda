"""The record of each decision on whether to retrain, for people who ask why or why not."""

from typing import Literal

from .base import Record, UtcTime
from .trigger_type import TriggerType
from .verdict import Verdict

# Kinds of holds: reasons not to retrain although a trigger calls for it.
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
    "new_champion",
    "same_drift",
    "fleet_jobs",
    "fleet_budget",
]


class Hold(Record):
    """One reason that holds a retraining back, as a sentence for people, and when it ends if that is known."""

    kind: HeldBy
    reason: str
    until: UtcTime | None = None


class DecisionRecord(Record):
    """One decision about a model: the verdicts of its triggers, and what followed.

    `key` identifies the decision, so recording it twice stores it once. Without an execution, the sweep decided.
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

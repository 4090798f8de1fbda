"""What would happen if a model's triggers were judged now."""

from typing import Literal

from .base import Record, UtcTime
from .decision_record import Hold
from .policy.policy import PolicyStatus
from .trigger_type import TriggerType
from .verdict import Verdict
from .waiting_trigger import WaitingTrigger

Prospect = Literal["would_start", "held_back", "not_due", "unknown", "disabled"]


class TriggerOutlook(Record):
    """One trigger: its verdicts and when they were made, what holds it back, and when it is judged next.

    Verdicts are out of date when a newer check was missed, and say nothing about now.
    """

    trigger_type: TriggerType
    prospect: Prospect
    verdicts: tuple[Verdict, ...] = ()
    judged_at: UtcTime | None = None
    is_out_of_date: bool = False
    holds: tuple[Hold, ...] = ()
    next_at: UtcTime | None = None


class ModelOutlook(Record):
    """All triggers of a model, those waiting for its running job, and how many retrainings its caps leave."""

    model_name: str
    at: UtcTime
    policy_version: int
    status: PolicyStatus
    last_retrained_at: UtcTime | None
    daily_left: int
    monthly_left: int
    triggers: tuple[TriggerOutlook, ...]
    waiting: tuple[WaitingTrigger, ...]

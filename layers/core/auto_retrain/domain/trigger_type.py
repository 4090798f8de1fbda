"""The reasons to start a retraining."""

from enum import StrEnum


class TriggerType(StrEnum):
    """The kind of trigger that starts a retraining."""

    PERFORMANCE_DEGRADATION = "performance_degradation"
    DATA_DRIFT = "data_drift"
    ESTIMATED_PERFORMANCE = "estimated_performance"
    SCHEDULED = "scheduled"
    MANUAL = "manual"

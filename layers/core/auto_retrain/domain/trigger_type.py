"""The reasons for which a retraining may start."""

from enum import StrEnum


class TriggerType(StrEnum):
    """Why a retraining starts."""

    PERFORMANCE_DEGRADATION = "performance_degradation"
    DATA_DRIFT = "data_drift"
    SCHEDULED = "scheduled"
    MANUAL = "manual"

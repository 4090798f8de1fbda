"""The reasons for which a retraining may start."""

from enum import StrEnum


class TriggerType(StrEnum):
    """Why a retraining starts."""

    PERFORMANCE_DEGRADATION = "performance_degradation"
    DATA_DRIFT = "data_drift"
    SCHEDULED = "scheduled"
    MANUAL = "manual"

    @property
    def backs_off(self) -> bool:
        """Whether rejected challengers make it wait longer: only what says "it is bad" learns from them."""
        return self in (TriggerType.PERFORMANCE_DEGRADATION, TriggerType.DATA_DRIFT)

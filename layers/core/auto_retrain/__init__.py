"""auto-retrain: notices that a model has decayed, retrains it, and promotes the result only if it is clearly better."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

# Only for editors and type checkers; `_PUBLIC` says the same to Python.
if TYPE_CHECKING:
    from .domain.back_test import BackTest
    from .domain.decision_record import DecisionRecord
    from .domain.errors import AutoRetrainError, ChangeRefused, RetrainingHeld
    from .domain.job import RetrainingJob
    from .domain.policy.policy import Policy
    from .domain.policy.triggers import TriggerConfig
    from .domain.status import RetrainingStatus
    from .domain.trained_back_test import TrainedBackTest
    from .domain.trigger_type import TriggerType
    from .domain.validation import ValidationResult
    from .domain.verdict import Verdict
    from .pipeline import AutoRetrainPipeline
    from .usecases.triggering.request_retraining import RequestedRetraining
    from .usecases.triggering.retraining_triggers import (
        DataDriftTrigger,
        PerformanceDegradationTrigger,
        RetrainingTrigger,
        ScheduledTrigger,
    )

__version__ = "0.1.0"

# Imported on first use: a function must not pay for what only notebooks need.
_PUBLIC = {
    "AutoRetrainError": "domain.errors",
    "AutoRetrainPipeline": "pipeline",
    "BackTest": "domain.back_test",
    "ChangeRefused": "domain.errors",
    "DataDriftTrigger": "usecases.triggering.retraining_triggers",
    "DecisionRecord": "domain.decision_record",
    "PerformanceDegradationTrigger": "usecases.triggering.retraining_triggers",
    "Policy": "domain.policy.policy",
    "RequestedRetraining": "usecases.triggering.request_retraining",
    "RetrainingHeld": "domain.errors",
    "RetrainingJob": "domain.job",
    "RetrainingStatus": "domain.status",
    "RetrainingTrigger": "usecases.triggering.retraining_triggers",
    "ScheduledTrigger": "usecases.triggering.retraining_triggers",
    "TrainedBackTest": "domain.trained_back_test",
    "TriggerConfig": "domain.policy.triggers",
    "TriggerType": "domain.trigger_type",
    "ValidationResult": "domain.validation",
    "Verdict": "domain.verdict",
}

__all__ = [
    "AutoRetrainError",
    "AutoRetrainPipeline",
    "BackTest",
    "ChangeRefused",
    "DataDriftTrigger",
    "DecisionRecord",
    "PerformanceDegradationTrigger",
    "Policy",
    "RequestedRetraining",
    "RetrainingHeld",
    "RetrainingJob",
    "RetrainingStatus",
    "RetrainingTrigger",
    "ScheduledTrigger",
    "TrainedBackTest",
    "TriggerConfig",
    "TriggerType",
    "ValidationResult",
    "Verdict",
]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_PUBLIC[name]}", __name__), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]

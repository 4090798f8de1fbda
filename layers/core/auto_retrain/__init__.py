"""auto-retrain: notices that a model has decayed, retrains it, and promotes the result only if it is clearly better."""

from importlib import import_module
from typing import Any

# Imported on first use: a function must not pay for what only notebooks need.
_PUBLIC = {
    "AutoRetrainPipeline": "pipeline",
    "DataDriftTrigger": "usecases.triggering.retraining_triggers",
    "PerformanceDegradationTrigger": "usecases.triggering.retraining_triggers",
    "RetrainingJob": "domain.job",
    "RetrainingStatus": "domain.status",
    "RetrainingTrigger": "usecases.triggering.retraining_triggers",
    "ScheduledTrigger": "usecases.triggering.retraining_triggers",
    "TriggerConfig": "domain.policy.triggers",
    "TriggerType": "domain.trigger_type",
    "ValidationResult": "domain.validation",
}

__all__ = list(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_PUBLIC[name]}", __name__), name)

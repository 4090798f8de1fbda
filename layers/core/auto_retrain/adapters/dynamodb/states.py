"""A model's STATE item: plain attributes, because different hands write different ones."""

from collections.abc import Mapping
from typing import Any

from ...domain.job import ModelState
from .table import from_epoch

_TIMES = ("lease_expires_at", "last_attempt_at", "last_retrained_at", "last_drift_check_at")


def state_of(model_name: str, item: Mapping[str, Any] | None) -> ModelState:
    """The state that an item holds; a model without one was never touched."""
    if item is None:
        return ModelState(model_name=model_name)
    return ModelState(
        model_name=model_name,
        active_job=item.get("active_job", {}).get("S"),
        fence=int(item.get("fence", {}).get("N", 0)),
        **{name: from_epoch(item.get(name)) for name in _TIMES},
    )

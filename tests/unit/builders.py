"""Valid objects with as few words as a test needs."""

from datetime import UTC, datetime
from typing import Any

from auto_retrain.domain.comparison import Comparison
from auto_retrain.domain.policy import Policy
from auto_retrain.domain.validation import ClassificationMetrics

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def a_policy(**changes: Any) -> Policy:
    """A policy for the model `churn`; keyword arguments replace whole sections."""
    document: dict[str, Any] = {
        "model": "churn",
        "owner": "team@example.com",
        "metric": {"counts_rows": True},
        "data": {"prefix": "churn", "row_id": "id", "label": "left", "numeric": ["age"], "categorical": ["plan"]},
    }
    return Policy.model_validate({**document, **changes}, strict=False)


def metrics(accuracy: float) -> ClassificationMetrics:
    return ClassificationMetrics(accuracy=accuracy, precision=accuracy, recall=accuracy, f1_score=accuracy)


def a_comparison(**changes: Any) -> Comparison:
    """A challenger that is clearly better than its champion on enough rows."""
    fields: dict[str, Any] = {
        "rows": 2000,
        "rarest_class_rows": 800,
        "largest_class_share": 0.6,
        "challenger": metrics(0.95),
        "champion": metrics(0.88),
        "improvement": 0.95 / 0.88 - 1,
        "interval": (0.06, 0.1),
        "p_value": 1e-6,
    }
    return Comparison(**{**fields, **changes})

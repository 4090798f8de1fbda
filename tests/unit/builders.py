"""Builders of valid objects for tests."""

from datetime import UTC, datetime
from typing import Any

from auto_retrain.domain.comparison import Comparison, MetricResult
from auto_retrain.domain.policy.policy import Policy

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


def a_comparison(
    accuracy: float = 0.95, champion: float | None = 0.88, p_value: float | None = 1e-6, **changes: Any
) -> Comparison:
    """A challenger that is clearly better than the champion, on enough rows."""
    metric = MetricResult(value=accuracy, interval=(accuracy - 0.01, accuracy + 0.01))
    if champion is not None:
        gain = accuracy - champion
        evidence = {"gain": gain, "gain_bound": gain - 0.01, "p_value": p_value, "method": "mcnemar_mid_p"}
        metric = metric.model_copy(update={"champion": champion, **evidence})
    fields: dict[str, Any] = {
        "primary": "accuracy",
        "rows": 2000,
        "distinct_labels": 2,
        "rarest_class_rows": 800,
        "largest_class_share": 0.6,
        "has_champion": champion is not None,
        "metrics": {"accuracy": metric},
        "improvement": accuracy / champion - 1 if champion else None,
    }
    return Comparison(**{**fields, **changes})

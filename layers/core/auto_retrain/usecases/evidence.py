"""Questions that several use cases ask about a model."""

from datetime import datetime, timedelta

from ..domain.metric import MetricQuery
from ..domain.policy import Policy


def performance_query(policy: Policy, at: datetime) -> MetricQuery:
    """Accuracy over the evaluation window up to a moment, rounded up to the full hour."""
    end = at.replace(minute=0, second=0, microsecond=0)
    if end < at:
        end += timedelta(hours=1)
    start = end - timedelta(days=policy.triggers.evaluation_window_days)
    return MetricQuery(model_name=policy.model, metric=policy.metric, start=start, end=end)

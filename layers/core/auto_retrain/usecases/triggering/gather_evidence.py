"""Questions that several use cases ask about a model."""

from datetime import datetime, timedelta

from ...domain.metric_reading import MetricQuery
from ...domain.policy.policy import Policy
from ...domain.windows import metric_window_end


def performance_query(policy: Policy, at: datetime) -> MetricQuery:
    """The metric over the evaluation window up to a moment; newer rows have no labels yet, so their values mislead."""
    end = metric_window_end(at, policy.data.label_delay_days)
    start = end - timedelta(days=policy.triggers.evaluation_window_days)
    return MetricQuery(model_name=policy.model, metric=policy.metric, start=start, end=end)

"""Questions to a metric source and its answers."""

from datetime import datetime

from .base import Record, UtcTime
from .policy.metric import MetricPolicy


class MetricQuery(Record):
    """The metric of one model in production from `start` up to, not including, `end`."""

    model_name: str
    metric: MetricPolicy
    start: datetime
    end: datetime


class MetricReading(Record):
    """The metric over the window, aggregated as its policy says; None when nothing was published.

    `rows` is the number of labelled rows behind the value, when the metric counts them; `points` the number of data
    points, the newest of which was published for `newest_at`; `label_share` is there when the policy names its metric.
    An incomplete reading (partial data, NaN, a warning of the source) says why in `problem`.
    """

    value: float | None
    rows: int | None = None
    points: int = 0
    newest_at: UtcTime | None = None
    label_share: float | None = None
    problem: str | None = None

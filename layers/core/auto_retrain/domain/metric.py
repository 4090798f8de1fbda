"""Questions to a metric source and its answers."""

from datetime import datetime

from .base import Record
from .policy import CloudWatchMetric


class MetricQuery(Record):
    """Accuracy of one model in production from `start` up to, not including, `end`."""

    model_name: str
    metric: CloudWatchMetric
    start: datetime
    end: datetime


class MetricReading(Record):
    """The mean over the window; None when nothing was published.

    `rows` is the number of labelled rows behind the mean, when the metric counts them.
    An incomplete reading (partial data, a warning of the source) says why in `problem`.
    """

    value: float | None
    rows: int | None = None
    problem: str | None = None

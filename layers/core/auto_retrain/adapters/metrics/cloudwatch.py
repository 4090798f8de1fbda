"""Metrics from CloudWatch, many models in one call."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from ...domain.metric_points import read_points
from ...domain.metric_reading import MetricQuery, MetricReading
from ...domain.policy.metric import MODEL_DIMENSION, CloudWatchMetric
from .metric_data import MetricSeries, fetch_series

_DAY = timedelta(days=1)
# The statistics from which days can be combined exactly: a mean of daily means would not be exact.
_STATISTICS = {
    "mean": ("Sum", "SampleCount"),
    "latest": ("Sum", "SampleCount"),
    "minimum": ("Minimum",),
    "maximum": ("Maximum",),
}


class CloudWatchMetricSource:
    """MetricSource on GetMetricData, in daily points."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def read(self, queries: Sequence[MetricQuery]) -> list[MetricReading]:
        answers: dict[str, MetricSeries] = defaultdict(MetricSeries)
        for (start, end), parts in _by_window(queries).items():
            fetch_series(self._client, parts, start, end, answers)
        return [_reading(number, query, answers) for number, query in enumerate(queries)]


def _by_window(queries: Sequence[MetricQuery]) -> dict[tuple[datetime, datetime], list[dict[str, Any]]]:
    windows: dict[tuple[datetime, datetime], list[dict[str, Any]]] = defaultdict(list)
    for number, query in enumerate(queries):
        windows[query.start, query.end].extend(_parts(number, query))
    return windows


def _metric_of(query: MetricQuery) -> CloudWatchMetric:
    assert isinstance(query.metric, CloudWatchMetric)
    return query.metric


def _parts(number: int, query: MetricQuery) -> Iterator[dict[str, Any]]:
    metric = _metric_of(query)
    for statistic in _STATISTICS[metric.aggregation]:
        yield _part(f"{statistic.lower()}{number}", metric.name, statistic, query)
    if metric.label_share:
        yield _part(f"labels{number}", metric.label_share, "Average", query)


def _part(identifier: str, name: str, statistic: str, query: MetricQuery) -> dict[str, Any]:
    metric = _metric_of(query)
    dimensions = {MODEL_DIMENSION: query.model_name, **_version_in(query), **metric.dimensions}
    stat = {
        "Metric": {
            "Namespace": metric.namespace,
            "MetricName": name,
            "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
        },
        "Period": int(_DAY.total_seconds()),
        "Stat": statistic,
    }
    return {"Id": identifier, "MetricStat": stat, "ReturnData": True}


def _version_in(query: MetricQuery) -> dict[str, str]:
    name, version = _metric_of(query).version_dimension, query.version
    return {name: version} if name and version else {}


def _reading(number: int, query: MetricQuery, answers: dict[str, MetricSeries]) -> MetricReading:
    metric = _metric_of(query)
    values, *counts = (
        answers[f"{statistic.lower()}{number}"].checked() for statistic in _STATISTICS[metric.aggregation]
    )
    shares = answers[f"labels{number}"].checked() if metric.label_share else None
    return read_points(query, _DAY, values, counts[0] if counts else None, shares)

"""Metrics from CloudWatch, many models in one call."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from ...domain.errors import MetricsUnavailable
from ...domain.metric_points import PointSeries, read_points
from ...domain.metric_reading import MetricQuery, MetricReading
from ...domain.policy.metric import MODEL_DIMENSION, CloudWatchMetric
from ..aws import translated

QUERIES_PER_CALL = 500
# A call has far fewer: 500 statistics of at most 365 days, in pages of 100,800 values.
MAX_PAGES = 100
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
        answers: dict[str, _Series] = defaultdict(_Series)
        for (start, end), parts in _by_window(queries).items():
            for first in range(0, len(parts), QUERIES_PER_CALL):
                self._fetch(parts[first : first + QUERIES_PER_CALL], start, end, answers)
        return [_reading(number, query, answers) for number, query in enumerate(queries)]

    def _fetch(
        self, parts: list[dict[str, Any]], start: datetime, end: datetime, answers: "dict[str, _Series]"
    ) -> None:
        problems: list[str] = []
        for page in self._pages({"MetricDataQueries": parts, "StartTime": start, "EndTime": end}, problems):
            problems += _texts(page)
            for result in page["MetricDataResults"]:
                answers[result["Id"]].add_result(result)
        for part in parts:
            answers[part["Id"]].problems += problems

    def _pages(self, request: dict[str, Any], problems: list[str]) -> Iterator[dict[str, Any]]:
        tokens: set[str] = set()
        while True:
            with translated(MetricsUnavailable):
                page = self._client.get_metric_data(**request)
            yield page
            token = page.get("NextToken")
            if not token:
                return
            if token in tokens or len(tokens) == MAX_PAGES:
                problems.append("CloudWatch's answer does not end")
                return
            tokens.add(token)
            request["NextToken"] = token


class _Series(PointSeries):
    """One statistic of one metric by day, collected from the pages of an answer."""

    def __init__(self) -> None:
        super().__init__()
        self.status = "Complete"

    def add_result(self, result: dict[str, Any]) -> None:
        moments, values = result.get("Timestamps", []), result.get("Values", [])
        if len(moments) != len(values):
            self.problems.append(f"CloudWatch answered with {len(values)} values for {len(moments)} times")
        for moment, value in zip(moments, values, strict=False):
            self.add(moment, value)
        # Every page before the last says PartialData, so of these only the last counts.
        if self.status in ("Complete", "PartialData"):
            self.status = result.get("StatusCode") or "without a status"
        self.problems += _texts(result)

    def checked(self) -> PointSeries:
        """The series once all pages are there."""
        if self.status != "Complete":
            self.problems.append(f"CloudWatch answered {self.status}")
        return self


def _texts(part: dict[str, Any]) -> list[str]:
    """The messages beside the values of an answer, or of one result."""
    messages = part.get("Messages", [])
    return [message.get("Value") or message.get("Code", "a message without text") for message in messages]


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
    dimensions = {MODEL_DIMENSION: query.model_name, **metric.dimensions}
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


def _reading(number: int, query: MetricQuery, answers: "dict[str, _Series]") -> MetricReading:
    metric = _metric_of(query)
    values, *counts = (
        answers[f"{statistic.lower()}{number}"].checked() for statistic in _STATISTICS[metric.aggregation]
    )
    shares = answers[f"labels{number}"].checked() if metric.label_share else None
    return read_points(query, _DAY, values, counts[0] if counts else None, shares)

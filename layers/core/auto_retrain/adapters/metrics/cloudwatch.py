"""Metrics from CloudWatch, many models in one call."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from ...domain.errors import MetricsUnavailable
from ...domain.metric_reading import MetricQuery, MetricReading
from ...domain.policy.metric import MODEL_DIMENSION, CloudWatchMetric
from ..aws import translated

QUERIES_PER_CALL = 500
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
        request = {"MetricDataQueries": parts, "StartTime": start, "EndTime": end}
        for page in self._pages(request):
            for result in page["MetricDataResults"]:
                answers[result["Id"]].add(result)

    def _pages(self, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
        while True:
            with translated(MetricsUnavailable):
                page = self._client.get_metric_data(**request)
            yield page
            if not page.get("NextToken"):
                return
            request["NextToken"] = page["NextToken"]


class _Series:
    """One statistic of one metric by day, collected from the pages of an answer."""

    def __init__(self) -> None:
        self.by_day: dict[datetime, float] = {}
        self.status = "Complete"
        self.messages: list[str] = []

    def add(self, result: dict[str, Any]) -> None:
        self.by_day.update(zip(result["Timestamps"], result["Values"], strict=True))
        # Every page before the last says PartialData, so only the last status counts.
        self.status = result.get("StatusCode", "Complete")
        self.messages.extend(message["Value"] for message in result.get("Messages", []))

    def problems(self) -> list[str]:
        problems = list(self.messages)
        if self.status != "Complete":
            problems.append(f"CloudWatch answered {self.status}")
        if not all(map(math.isfinite, self.by_day.values())):
            problems.append("it has values that are not finite numbers")
        return problems


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
    series = [answers[f"{statistic.lower()}{number}"] for statistic in _STATISTICS[metric.aggregation]]
    shares = answers[f"labels{number}"] if metric.label_share else _Series()
    problems = [problem for one in (*series, shares) for problem in one.problems()]
    days = sorted(set(series[0].by_day).intersection(*(one.by_day for one in series)))
    if problems or not days:
        return MetricReading(value=None, points=len(days), problem="; ".join(dict.fromkeys(problems)) or None)
    return MetricReading(
        value=_value(metric, series, days),
        rows=_rows(metric, series, days),
        points=len(days),
        newest_at=min(days[-1] + _DAY, query.end),
        label_share=sum(shares.by_day.values()) / len(shares.by_day) if shares.by_day else None,
    )


def _value(metric: CloudWatchMetric, series: list[_Series], days: list[datetime]) -> float | None:
    if metric.aggregation in ("minimum", "maximum"):
        values = [series[0].by_day[day] for day in days]
        return min(values) if metric.aggregation == "minimum" else max(values)
    counted = days[-1:] if metric.aggregation == "latest" else days
    samples = sum(series[1].by_day[day] for day in counted)
    return sum(series[0].by_day[day] for day in counted) / samples if samples else None


def _rows(metric: CloudWatchMetric, series: list[_Series], days: list[datetime]) -> int | None:
    if not metric.counts_rows or len(series) == 1:
        return None
    counted = days[-1:] if metric.aggregation == "latest" else days
    return round(sum(series[1].by_day[day] for day in counted)) or None

"""Production accuracy from CloudWatch, many models in one call."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from ..domain.errors import MetricsUnavailable
from ..domain.metric import MetricQuery, MetricReading
from ..domain.trigger_events import MODEL_DIMENSION
from .aws import translated

QUERIES_PER_CALL = 500
_STATISTICS = ("Sum", "SampleCount")
_METRICS_PER_CALL = QUERIES_PER_CALL // len(_STATISTICS)
_DAY_SECONDS = 86400


class CloudWatchMetricSource:
    """MetricSource on GetMetricData: daily sums and counts, so that a mean over any window is exact."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def read(self, queries: Sequence[MetricQuery]) -> list[MetricReading]:
        readings: dict[int, MetricReading] = {}
        for (start, end), numbers in _by_window(queries).items():
            for first in range(0, len(numbers), _METRICS_PER_CALL):
                chunk = numbers[first : first + _METRICS_PER_CALL]
                results = self._fetch([(number, queries[number]) for number in chunk], start, end)
                readings.update({number: _reading(queries[number], number, results) for number in chunk})
        return [readings[number] for number in range(len(queries))]

    def _fetch(self, numbered: list[tuple[int, MetricQuery]], start: datetime, end: datetime) -> dict[str, "_Series"]:
        request = {
            "MetricDataQueries": [part for number, query in numbered for part in _parts(number, query)],
            "StartTime": start,
            "EndTime": end,
        }
        series: dict[str, _Series] = defaultdict(_Series)
        for page in self._pages(request):
            for result in page["MetricDataResults"]:
                series[result["Id"]].add(result)
        return series

    def _pages(self, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
        while True:
            with translated(MetricsUnavailable):
                page = self._client.get_metric_data(**request)
            yield page
            if not page.get("NextToken"):
                return
            request["NextToken"] = page["NextToken"]


class _Series:
    """One statistic of one metric, put together from the pages of an answer."""

    def __init__(self) -> None:
        self.values: list[float] = []
        self.status = "Complete"
        self.messages: list[str] = []

    def add(self, result: dict[str, Any]) -> None:
        self.values.extend(result["Values"])
        # A page before the last one says PartialData; only what the last one says counts.
        self.status = result.get("StatusCode", "Complete")
        self.messages.extend(message["Value"] for message in result.get("Messages", []))


def _by_window(queries: Sequence[MetricQuery]) -> dict[tuple[datetime, datetime], list[int]]:
    windows: dict[tuple[datetime, datetime], list[int]] = defaultdict(list)
    for number, query in enumerate(queries):
        windows[query.start, query.end].append(number)
    return windows


def _parts(number: int, query: MetricQuery) -> list[dict[str, Any]]:
    metric = {
        "Namespace": query.metric.namespace,
        "MetricName": query.metric.name,
        "Dimensions": [{"Name": MODEL_DIMENSION, "Value": query.model_name}],
    }
    return [
        {
            "Id": f"{statistic.lower()}{number}",
            "MetricStat": {"Metric": metric, "Period": _DAY_SECONDS, "Stat": statistic},
            "ReturnData": True,
        }
        for statistic in _STATISTICS
    ]


def _reading(query: MetricQuery, number: int, results: dict[str, _Series]) -> MetricReading:
    total, count = results[f"sum{number}"], results[f"samplecount{number}"]
    problems = [*total.messages, *count.messages]
    problems += [f"CloudWatch answered {series.status}" for series in (total, count) if series.status != "Complete"]
    samples = sum(count.values)
    return MetricReading(
        value=sum(total.values) / samples if samples else None,
        rows=round(samples) if samples and query.metric.counts_rows else None,
        problem="; ".join(dict.fromkeys(problems)) or None,
    )

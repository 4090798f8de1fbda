"""CloudWatch's GetMetricData: many statistics in few calls, whole or with a problem."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ...domain.errors import MetricsUnavailable
from ...domain.metric_points import PointSeries
from ..aws import translated

QUERIES_PER_CALL = 500
# A call has far fewer: 500 statistics of at most 365 points each, in pages of 100,800 values.
MAX_PAGES = 100


class MetricSeries(PointSeries):
    """One statistic of one metric by moment, collected from the pages of an answer."""

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


def fetch_series(
    client: Any, parts: Sequence[dict[str, Any]], start: datetime, end: datetime, answers: Mapping[str, MetricSeries]
) -> None:
    """Add what CloudWatch has of each part to the series under its id; raises MetricsUnavailable."""
    for first in range(0, len(parts), QUERIES_PER_CALL):
        chunk, problems = parts[first : first + QUERIES_PER_CALL], list[str]()
        request = {"MetricDataQueries": chunk, "StartTime": start, "EndTime": end}
        for page in _pages(client, request, problems):
            problems += _texts(page)
            for result in page["MetricDataResults"]:
                answers[result["Id"]].add_result(result)
        for part in chunk:
            answers[part["Id"]].problems += problems


def _pages(client: Any, request: dict[str, Any], problems: list[str]) -> Iterator[dict[str, Any]]:
    tokens: set[str] = set()
    while True:
        with translated(MetricsUnavailable):
            page = client.get_metric_data(**request)
        yield page
        token = page.get("NextToken")
        if not token:
            return
        if token in tokens or len(tokens) == MAX_PAGES:
            problems.append("CloudWatch's answer does not end")
            return
        tokens.add(token)
        request["NextToken"] = token

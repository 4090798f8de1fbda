"""Live counts from CloudWatch: the first hour of a step in minutes, the rest in hours, many models in one call."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from ...domain.live import ArmCounts, LiveCounts, LiveQuery, latency_bucket
from ...domain.metric_points import MAX_VALUE, PointSeries
from ...domain.policy.requests import CLOUDWATCH_QUANTILES, CloudWatchRequests
from ..metrics.metric_data import MetricSeries, fetch_series
from .cloudwatch_business import by_period, period_windows, problems_of_periods
from .cloudwatch_parts import HOUR, MINUTE, part, requests_of, rounded_up

# A page of an answer has room for a value of each of a call's statistics at 200 minutes.
_SHARED = 3 * HOUR
_STATISTICS = {
    "requests": ("Sum",),
    "errors": ("Sum",),
    "latency": ("SampleCount", *CLOUDWATCH_QUANTILES),
    "business": ("Sum", "SampleCount"),
}

Answers = dict[str, MetricSeries]


class CloudWatchLiveSource:
    """LiveSource on GetMetricData. A step begins at the first full minute after its start."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def read(self, queries: Sequence[LiveQuery]) -> list[LiveCounts]:
        answers: Answers = defaultdict(MetricSeries)
        for start, end, parts in (*_windows(queries), *period_windows(queries)):
            fetch_series(self._client, parts, start, end, answers)
        return [_counts(number, query, answers) for number, query in enumerate(queries)]


def _windows(queries: Sequence[LiveQuery]) -> Iterator[tuple[datetime, datetime, list[dict[str, Any]]]]:
    """Models whose steps began at about the same time share the calls for their minutes, all models those for hours."""
    first_hours: dict[datetime, list[int]] = defaultdict(list)
    for number, query in enumerate(queries):
        first_hours[rounded_up(_next_hour(query.start), _SHARED)].append(number)
    for numbers in first_hours.values():
        start = min(_next_hour(queries[number].start) for number in numbers) - HOUR
        end = max(_first_hour_ends(queries[number]) for number in numbers)
        yield start, end, [part for number in numbers for part in _parts(number, queries[number], MINUTE)]
    older = [number for number, query in enumerate(queries) if _next_hour(query.start) < query.end]
    if older:
        start = min(_next_hour(queries[number].start) for number in older)
        end = max(queries[number].end for number in older)
        yield start, end, [part for number in older for part in _parts(number, queries[number], HOUR)]


def _first_hour_ends(query: LiveQuery) -> datetime:
    return min(_next_hour(query.start), query.end)


def _next_hour(at: datetime) -> datetime:
    """The first full hour that is not before a moment."""
    return rounded_up(at, HOUR)


def _parts(number: int, query: LiveQuery, period: timedelta) -> Iterator[dict[str, Any]]:
    for version in (query.champion, query.challenger):
        for statistic in _wanted(requests_of(query)):
            identity = _id(number, version == query.champion, *statistic, period)
            yield part(query, version, statistic, period, identity)


def _wanted(requests: CloudWatchRequests) -> list[tuple[str, str]]:
    return [(what, one) for what, statistics in _STATISTICS.items() if getattr(requests, what) for one in statistics]


def _id(number: int, is_champion: bool, what: str, statistic: str, period: timedelta) -> str:
    unit = "hours" if period == HOUR else "minutes"
    return f"{what}_{statistic.replace('.', '_')}_{'champion' if is_champion else 'challenger'}_{unit}_{number}"


def _counts(number: int, query: LiveQuery, answers: Answers) -> LiveCounts:
    arms = [_Arm(number, query, is_champion, answers) for is_champion in (True, False)]
    problems = [f"version {arm.version}: {problem}" for arm in arms for problem in arm.problems()]
    problems += problems_of_periods(number, query, answers)
    if problems:
        return LiveCounts.unknown("; ".join(dict.fromkeys(problems)))
    newest = [at for arm in arms for at in arm.points("requests", "Sum")]
    newest_at = min(max(newest) + MINUTE, query.end) if newest else None
    counted = [arm.counts() for arm in arms]
    return LiveCounts(
        champion=counted[0], challenger=counted[1], by_period=by_period(number, query, answers), newest_at=newest_at
    )


class _Arm:
    """What CloudWatch has of one version since the step began."""

    def __init__(self, number: int, query: LiveQuery, is_champion: bool, answers: Answers) -> None:
        self.version = query.champion if is_champion else query.challenger
        self._wanted = _wanted(requests_of(query))
        self._names = {what: getattr(requests_of(query), what) for what in _STATISTICS}
        self._series: dict[tuple[str, str], PointSeries] = {}
        hour = _next_hour(query.start)
        begins = {MINUTE: rounded_up(query.start, MINUTE), HOUR: hour}
        for what, statistic in self._wanted:
            series = self._series[what, statistic] = PointSeries()
            for period, begin in begins.items():
                if period == HOUR and hour >= query.end:
                    continue
                answer = answers[_id(number, is_champion, what, statistic, period)].checked()
                series.problems += answer.problems
                end = _first_hour_ends(query) if period == MINUTE else query.end
                series.values.update({at: value for at, value in answer.values.items() if begin <= at < end})

    def points(self, what: str, statistic: str) -> dict[datetime, float]:
        series = self._series.get((what, statistic))
        return series.values if series else {}

    def problems(self) -> Iterator[str]:
        for (what, statistic), series in self._series.items():
            yield from (f"'{self._names[what]}': {problem}" for problem in series.problems)
            if not all(
                abs(value) <= MAX_VALUE and (what == "business" or value >= 0) for value in series.values.values()
            ):
                yield f"'{self._names[what]}': it has values that are negative or not finite"
            missing = [at for at in self.points(what, _STATISTICS[what][0]) if at not in series.values]
            if missing:
                yield f"'{self._names[what]}' has no {statistic} at {min(missing):%Y-%m-%d %H:%MZ}, but has others"
        yield from self._problems_of_errors()

    def _problems_of_errors(self) -> Iterator[str]:
        requests, errors = self.points("requests", "Sum"), self.points("errors", "Sum")
        silent = [at for at, count in requests.items() if count and at not in errors]
        if silent:
            yield (
                f"'{self._names['errors']}' is silent at {min(silent):%Y-%m-%d %H:%MZ} although there were requests; "
                "publish 0 when there are no errors"
            )
        if sum(errors.values()) > sum(requests.values()) + 0.5:
            yield f"there are more '{self._names['errors']}' than '{self._names['requests']}'"

    def counts(self) -> ArmCounts:
        return ArmCounts(
            requests=round(self._sum("requests", "Sum")),
            errors=round(self._sum("errors", "Sum")),
            latencies=self._latencies(),
            business=self._sum("business", "Sum"),
            business_rows=round(self._sum("business", "SampleCount")),
        )

    def _sum(self, what: str, statistic: str) -> float:
        return sum(self.points(what, statistic).values())

    def _latencies(self) -> dict[int, int]:
        buckets: Counter[int] = Counter()
        for at, samples in self.points("latency", "SampleCount").items():
            counted = 0
            # Between two of them, a request is taken for as slow as the next.
            for statistic, share in CLOUDWATCH_QUANTILES.items():
                upto = round(samples * share)
                buckets[latency_bucket(self.points("latency", statistic)[at])] += upto - counted
                counted = upto
        return {bucket: count for bucket, count in sorted(buckets.items()) if count}

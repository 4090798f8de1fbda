"""A value of the user's own in CloudWatch, by periods: how these vary tells how sure its mean is."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ...domain.live import LiveQuery, PeriodCounts
from ...domain.metric_points import MAX_VALUE
from ..metrics.metric_data import MetricSeries
from .by_period import Values, compared, period_of
from .cloudwatch_parts import MINUTE, part, requests_of, rounded_up

# Until then, values of a period are still on their way.
_LATE = 3 * MINUTE
_STATISTICS = ("Sum", "SampleCount")

Window = tuple[datetime, datetime, list[dict[str, Any]]]


def period_windows(queries: Sequence[LiveQuery]) -> Iterator[Window]:
    """What to ask for; models whose steps have gone on for about as long share calls."""
    by_period: dict[timedelta, list[int]] = defaultdict(list)
    for number, query in enumerate(queries):
        if requests_of(query).business and query.policy.deployment.analysis.business_metric.enabled:
            by_period[_period(query)].append(number)
    for period, numbers in by_period.items():
        start = min(rounded_up(queries[number].start, period) for number in numbers)
        end = max(queries[number].end for number in numbers)
        if start < end:
            yield start, end, [each for number in numbers for each in _parts(number, queries[number], period)]


def _period(query: LiveQuery) -> timedelta:
    return period_of(query.end - query.start)


def _parts(number: int, query: LiveQuery, period: timedelta) -> Iterator[dict[str, Any]]:
    for version in (query.champion, query.challenger):
        for name in _STATISTICS:
            yield part(query, version, ("business", name), period, _id(number, version == query.champion, name))


def _id(number: int, is_champion: bool, statistic: str) -> str:
    return f"periods_{statistic}_{'champion' if is_champion else 'challenger'}_{number}"


def by_period(number: int, query: LiveQuery, answers: Mapping[str, MetricSeries]) -> PeriodCounts:
    """Of full periods in the step."""
    champion, challenger = (_values(number, query, is_champion, answers) for is_champion in (True, False))
    return compared(champion, challenger)


def _values(
    number: int, query: LiveQuery, is_champion: bool, answers: Mapping[str, MetricSeries]
) -> dict[datetime, Values]:
    totals, rows = (answers[_id(number, is_champion, name)].values for name in _STATISTICS)
    last = query.end - _LATE - _period(query)
    return {at: Values(rows[at], total) for at, total in totals.items() if query.start <= at <= last and at in rows}


def problems_of_periods(number: int, query: LiveQuery, answers: Mapping[str, MetricSeries]) -> Iterator[str]:
    """Why they cannot be trusted."""
    for is_champion in (True, False):
        for name in _STATISTICS:
            series = answers[_id(number, is_champion, name)].checked()
            yield from (f"'{requests_of(query).business}': {problem}" for problem in series.problems)
            if not all(abs(value) <= MAX_VALUE for value in series.values.values()):
                yield f"'{requests_of(query).business}': it has values that are not finite"

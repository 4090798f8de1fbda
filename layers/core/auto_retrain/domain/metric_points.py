"""From the points that a source has of one model to one reading: the same rules, whatever the source."""

import math
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from .metric_reading import MetricQuery, MetricReading

# The sum of any number of them is still finite.
MAX_VALUE = 1e100

_DAY = timedelta(days=1)
_ROUNDING = 1e-6


class PointSeries:
    """Values by the moment at which each one's step begins, and what is wrong with them."""

    def __init__(self) -> None:
        self.values: dict[datetime, float] = {}
        self.problems: list[str] = []

    def add(self, moment: datetime, value: float) -> None:
        if moment in self.values:
            self.problems.append("it has several values for the same time")
        self.values[moment] = value


def read_points(
    query: MetricQuery,
    step: timedelta,
    values: PointSeries,
    counts: PointSeries | None = None,
    shares: PointSeries | None = None,
    *,
    max_excess: float = _ROUNDING,
) -> MetricReading:
    """Combine points as the policy says; a reading with a problem has no value.

    `values` are those of the metric itself or, with `counts`, sums over as many samples; `shares` are the shares of
    labels that have arrived. More right rows than labelled ones are a problem beyond the share `max_excess`.
    """
    problems = list(_problems(query, step, [each for each in (values, counts, shares) if each]))
    if not problems:
        problems += _problems_of_counts(query, values.values, counts.values, max_excess) if counts else ()
        problems += _problems_of_shares(shares) if shares else ()
    points = _points(values, counts)
    if problems or not points:
        return MetricReading(value=None, points=len(points), problem="; ".join(dict.fromkeys(problems)) or None)
    counted = points[-1:] if query.metric.aggregation == "latest" else points
    days = _days(query, values, points)
    return MetricReading(
        value=_aggregated(query, values, counts, counted),
        rows=round(sum(counts.values[at] for at in counted)) if counts and query.metric.counts_rows else None,
        points=len(points),
        newest_at=min(points[-1] + step, query.end),
        label_share=_label_share(query, values, shares) if shares else None,
        unknown_rows=_uncounted(values.values, counts.values) if counts and query.metric.counts_rows else 0,
        by_day=tuple(
            (_value(values, counts, of_day), sum(counts.values[at] for at in of_day) if counts else len(of_day))
            for of_day in days.values()
        ),
        day_numbers=tuple(days),
        least_and_greatest=None if query.metric.counts_rows else _least_and_greatest(values, counts, points),
    )


def _points(values: PointSeries, counts: PointSeries | None) -> list[datetime]:
    """The times of the points; one without samples says nothing."""
    return sorted(at for at in values.values if counts is None or counts.values.get(at, 0) > 0)


def _days(query: MetricQuery, values: PointSeries, points: list[datetime]) -> dict[int, list[datetime]]:
    """The points of each day, in order."""
    days: dict[int, list[datetime]] = defaultdict(list)
    for at in points:
        # Of rows of which nothing says how many are right, a day says nothing.
        if at in values.values:
            days[(at - query.start) // _DAY].append(at)
    return days


def _value(values: PointSeries, counts: PointSeries | None, points: list[datetime]) -> float:
    total = sum(values.values[at] for at in points)
    return total / (sum(counts.values[at] for at in points) if counts else len(points))


def _least_and_greatest(values: PointSeries, counts: PointSeries | None, points: list[datetime]) -> tuple[float, float]:
    by_point = [_value(values, counts, [point]) for point in points]
    return min(by_point), max(by_point)


def _aggregated(query: MetricQuery, values: PointSeries, counts: PointSeries | None, points: list[datetime]) -> float:
    aggregation = query.metric.aggregation
    if aggregation in ("minimum", "maximum"):
        extreme = min if aggregation == "minimum" else max
        return extreme(values.values[at] for at in points)
    value = _value(values, counts, points)
    return min(value, 1.0) if query.metric.counts_rows else value


def _uncounted(values: dict[datetime, float], counts: dict[datetime, float]) -> int:
    """Labelled rows of which nothing says how many are right."""
    return math.ceil(sum(rows for at, rows in counts.items() if at not in values))


def _problems(query: MetricQuery, step: timedelta, all_series: list[PointSeries]) -> Iterator[str]:
    for series in all_series:
        yield from series.problems
        if not all(abs(value) <= MAX_VALUE for value in series.values.values()):
            yield f"it has values that are not finite numbers of at most {MAX_VALUE:g}"
        # Some servers move all steps to multiples of the step.
        outside = [at for at in series.values if not query.start - step < at < query.end]
        if outside:
            yield f"it has values outside of the window, such as from {min(outside):%Y-%m-%d %H:%MZ}"


def _problems_of_counts(
    query: MetricQuery, values: dict[datetime, float], counts: dict[datetime, float], max_excess: float
) -> Iterator[str]:
    if min(counts.values(), default=0) < 0:
        yield "it has negative counts"
    if not query.metric.counts_rows:
        if any(at not in values or at not in counts for at in {*values, *counts}):
            yield "it has sums without numbers of samples, or numbers without sums"
        return
    if min(values.values(), default=0) < 0:
        yield "it has negative counts of right rows"
    if not values and any(counts.values()):
        yield f"nothing says how many of {_uncounted(values, counts)} labelled rows are right"
    excess = sum(max(right - max(counts.get(at, 0), 0), 0) for at, right in values.items())
    labelled = sum(counts.values())
    if excess > max_excess * labelled:
        yield f"it counts {excess:.6g} right rows more than labelled ones, of which there are {labelled:.6g}"


def _problems_of_shares(shares: PointSeries) -> Iterator[str]:
    wrong = [share for share in shares.values.values() if not -_ROUNDING <= share <= 1 + _ROUNDING]
    if wrong:
        yield f"the share of labels has values that are not between 0 and 1, such as {wrong[0]:.6g}"


def _label_share(query: MetricQuery, values: PointSeries, shares: PointSeries) -> float | None:
    """The mean over the days with values or shares; a day without a share counts as one without labels."""
    if not shares.values:
        return None
    by_day: dict[int, list[float]] = defaultdict(list)
    for at, share in shares.values.items():
        by_day[(at - query.start) // _DAY].append(share)
    days = {(at - query.start) // _DAY for at in values.values} | set(by_day)
    return min(max(sum(sum(of_day) / len(of_day) for of_day in by_day.values()) / len(days), 0.0), 1.0)

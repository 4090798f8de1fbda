"""Whether a value of the user's own is worse, such as the revenue of a request."""

from typing import Any, NamedTuple

from ..domain.live import LiveCounts
from ..domain.verdict import Verdict
from .base import LiveCheck, Process, Sight, inconclusive
from .bets import compared_means, mean_of_pairs
from .differences import Wording, judge_difference, of_means, plain
from .means import MIN_ROWS, Sums, variance_of_difference

_UNKNOWN = "there are too few values of both versions to compare, or it is not known how they vary"


class BusinessMetric(LiveCheck):
    name = "business_metric"

    def process(self, sight: Sight, state: Any) -> Process:
        if not _is_by_period(sight):
            return compared_means(state, _sums(sight, sight.counts), _sums(sight, sight.since), sight)
        periods, rows = sight.counts.by_period, sight.counts.challenger.business_rows
        step, since = (_pairs(sight, each) for each in (sight.counts, sight.since))
        planned = sight.planned * periods.periods / max(rows, 1)
        # Fewer than before: they were merged into longer ones, which adds nothing.
        counted = periods.independence * max(since.rows, 0)
        return mean_of_pairs(state, step, since, planned, periods.independence, counted)

    def judge(self, sight: Sight, process: Process | None, is_worse: bool, limit: float) -> Verdict:
        seen = _by_period(sight) if _is_by_period(sight) else _by_row(sight)
        if process is None or not seen.variance:
            return inconclusive(self.name, seen.numbers or _UNKNOWN)
        return judge_difference(
            self.name,
            of_means(seen.worse_by, seen.variance, sight.counts.challenger.business_rows, sight.planned),
            Wording(seen.numbers, "planned requests with a value", plain),
            sight.policy.business_metric.margin,
            sight.planned,
            process,
            is_worse,
            limit,
        )


class _Seen(NamedTuple):
    """By how much the challenger's mean is worse, the variance of that, 0 if it is unknown, and both in words."""

    worse_by: float = 0.0
    variance: float = 0.0
    numbers: str = ""


def _by_row(sight: Sight) -> _Seen:
    champion, challenger = sums = _sums(sight, sight.counts)
    variance = variance_of_difference(sums, sight.shares)
    if not variance:
        return _Seen()
    sign = _sign(sight)
    numbers = f"mean {plain(sign * challenger.mean)}, champion {plain(sign * champion.mean)}"
    return _Seen(challenger.mean - champion.mean, variance, numbers)


def _by_period(sight: Sight) -> _Seen:
    pairs = _pairs(sight, sight.counts)
    counted = sight.counts.by_period.independence * pairs.rows
    if counted < MIN_ROWS or not pairs.variance:
        return _Seen(numbers=f"{pairs.rows} periods with values of both versions tell too little of how they vary")
    numbers = f"{pairs.rows:,} periods differ by {plain(_sign(sight) * pairs.mean)} on average"
    return _Seen(pairs.mean, pairs.variance / counted, numbers)


def _is_by_period(sight: Sight) -> bool:
    return sight.counts.by_period.periods > 0


def _pairs(sight: Sight, counts: LiveCounts) -> Sums:
    """By how much the challenger is worse in a period; what both versions have in common is not in it."""
    periods = counts.by_period
    return Sums(periods.periods, _sign(sight) * periods.gain, periods.gain_squares)


def _sign(sight: Sight) -> int:
    """Of a loss: less is better."""
    return -1 if sight.policy.business_metric.direction == "higher_is_better" else 1


def _sums(sight: Sight, counts: LiveCounts) -> tuple[Sums, Sums]:
    sign = _sign(sight)
    champion, challenger = (
        Sums(arm.business_rows, sign * arm.business, arm.business_squares)
        for arm in (counts.champion, counts.challenger)
    )
    return champion, challenger

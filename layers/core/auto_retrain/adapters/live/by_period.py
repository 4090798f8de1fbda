"""What both versions had of a value, period by period, from a source that has sums only."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import islice
from math import fsum, isqrt
from operator import mul
from typing import Any, NamedTuple

from ...domain.live import PeriodCounts

# The first of which a step has so few, whatever its length; CloudWatch forgets minutes after 15 days.
_PERIODS = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
_MAX_PERIODS = 720
_MAX_CORRELATION = 0.95


def period_of(age: timedelta) -> timedelta:
    """How long the periods of a step of this age are."""
    return next((period for period in _PERIODS if age <= _MAX_PERIODS * period), _PERIODS[-1])


class Values(NamedTuple):
    """Values of one version in one period: how many, and their sum."""

    rows: float
    total: float

    @property
    def mean(self) -> float:
        return self.total / self.rows


def compared(champion: Mapping[Any, Values], challenger: Mapping[Any, Values]) -> PeriodCounts:
    """How much larger the challenger's mean was, over the periods in which both had values; by their moments."""
    moments = sorted(champion.keys() & challenger.keys())
    both = [(champion[at], challenger[at]) for at in moments]
    gains = [ours.mean - theirs.mean for theirs, ours in both if min(theirs.rows, ours.rows) >= 1]
    return PeriodCounts(
        periods=len(gains),
        gain=fsum(gains),
        gain_squares=fsum(gain * gain for gain in gains),
        independence=_independence(gains),
    )


def _independence(gains: Sequence[float]) -> float:
    """The share of periods that count if each is like those before it: what lasts a while may be due to few people.

    The smaller of two estimates, because each errs where the other does not: as if a period depended on the one before
    it alone, less what few periods seem too unlike (M. Kendall, "Note on bias in the estimation of autocorrelation",
    Biometrika 41 (1954)); and by the periods until twice the root of their number before (W. Newey and K. West, "A
    simple, positive semi-definite, heteroskedasticity and autocorrelation consistent covariance matrix", Econometrica
    55 (1987)).
    """
    rows, mean = len(gains), fsum(gains) / max(len(gains), 1)
    off = [gain - mean for gain in gains]
    squares = fsum(each * each for each in off)
    if rows < 3 or not squares:
        return 1.0
    lags = min(2 * isqrt(rows), rows - 2)
    alike = [fsum(map(mul, off, islice(off, lag, None))) / squares for lag in range(1, lags + 1)]
    first = min(max(alike[0] + (1 + 3 * alike[0]) / rows, 0.0), _MAX_CORRELATION)
    many = 1 + 2 * sum((1 - lag / (lags + 1)) * each for lag, each in enumerate(alike, start=1))
    return min((1 - first) / (1 + first), (1 - (lags + 1) / rows) / max(many, 1e-9), 1.0)

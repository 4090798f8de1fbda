"""How likely an estimated gain is to pass: large enough, and too large to be due to chance."""

from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

_NORMAL = NormalDist()


class GainErrors(NamedTuple):
    """Standard errors of an estimated gain: if there were none (`null`), which the test asks, and as it is."""

    null: float
    actual: float


def errors_of_gain(variance: float, rows: float) -> GainErrors:
    """The errors of a mean over rows whose differences have this variance."""
    error = sqrt(variance / rows)
    return GainErrors(error, error)


def errors_of_paired_shares(gain: float, variance: float, rows: float) -> GainErrors:
    """The errors of the difference of two accuracies on the same rows: sqrt(d / n) and sqrt((d - gain²) / n).

    d, the share of rows that only one of the two classifies right, is `variance` + gain² and at least the gain. Source:
    R. Connor, "Sample size for testing differences in proportions for the paired-sample design", Biometrics 43 (1987).
    """
    discordant = max(variance + gain**2, gain)
    return GainErrors(sqrt(discordant / rows), sqrt(max(discordant - gain**2, 0.0) / rows))


def smallest_significant(null_error: float, alpha: float) -> float:
    """The estimated gain from which on a one-sided test at level alpha says that it is not due to chance."""
    return _NORMAL.inv_cdf(1 - alpha) * null_error


def chance_to_reach(bar: float, gain: float, error: float) -> float:
    """Chance that the estimate of a gain reaches a bar: Phi((gain - bar) / error)."""
    if error <= 0:
        return float(gain >= bar)
    return _NORMAL.cdf((gain - bar) / error)


def error_of_interval(low: float, high: float, level: float) -> float:
    """The standard error behind a two-sided interval that holds with probability `level`."""
    return (high - low) / 2 / _NORMAL.inv_cdf((1 + level) / 2)

"""How far the days of a metric differ for no known reason: an upper bound, so that noise is not taken for decay."""

from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist, mean, variance

# A few days show their own noise badly; the fewer they are, the larger it is taken to be.
NOISE_CONFIDENCE = 0.9


def rows_per_independent_row(days: Sequence[tuple[float, float]]) -> float:
    """How many counted rows tell as much as one independent row, at least 1; `days` are shares with their rows.

    Pearson's dispersion, sum of n (p_i - p)² / (p (1 - p)) over the days less one, with the factor of `few_days`.
    Source: P. McCullagh, J. Nelder, "Generalized Linear Models" (1989), section 4.5.
    """
    rows = sum(n for _, n in days)
    share = sum(value * n for value, n in days) / rows
    if not 0 < share < 1:
        return 1.0
    dispersion = sum(n * (value - share) ** 2 for value, n in days) / (share * (1 - share)) / (len(days) - 1)
    return max(1.0, dispersion * few_days(len(days)))


def day_deviation(values: Sequence[float]) -> float:
    """Upper bound of the standard deviation between days."""
    return sqrt(variance(values, mean(values)) * few_days(len(values)))


def few_days(days: int) -> float:
    """By what to multiply a variance that so many days show: the degrees of freedom over a low quantile of chi².

    The quantile is that of E. Wilson, M. Hilferty, "The distribution of chi-square", PNAS 17 (1931).
    """
    z, spread = NormalDist().inv_cdf(1 - NOISE_CONFIDENCE), 2 / (9 * (days - 1))
    return 1.0 / float((1 - spread + z * sqrt(spread)) ** 3)

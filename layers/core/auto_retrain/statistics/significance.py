"""Whether drift may be due to chance: the distributions behind its trigger, whose layers hold no scipy."""

from collections.abc import Sequence
from math import erfc, exp, lgamma, log, sqrt
from typing import NamedTuple

# A smaller p value is one that underflowed to 0, whose logarithm is none.
_LEAST = 1e-300


def chi_squared_survival(value: float, degrees: int) -> float:
    """Probability that a chi-squared variable with whole degrees of freedom exceeds a value.

    Sum over the closed form of the incomplete gamma function for whole and half arguments. Source: M. Abramowitz and
    I. Stegun, "Handbook of Mathematical Functions" (1964), 26.4.4 and 26.4.5.
    """
    if value <= 0 or degrees < 1:
        return 1.0
    half = value / 2
    shapes = [step + (0.5 if degrees % 2 else 0) for step in range(degrees // 2)]
    # In logarithms, because powers of a large value would overflow.
    terms = [exp(shape * log(half) - half - lgamma(shape + 1)) for shape in shapes]
    return min(sum(terms) + (erfc(sqrt(half)) if degrees % 2 else 0.0), 1.0)


class Weighed(NamedTuple):
    """Rows in the same bins as those of another sample, as many `independent` ones as they weigh.

    `unequal` says how unequally rows weigh from bin to bin, at least 1.
    """

    counts: Sequence[int]
    independent: float
    unequal: float = 1.0


def shift_p_value(reference: Weighed, live: Weighed) -> float:
    """One-sided p value of a difference between two samples: Pearson's test of homogeneity.

    Unlike the distribution of PSI itself, it holds with few rows in a bin, from about five. Where rows weigh unequally,
    fewer degrees of freedom have the same mean and at least the same variance. Sources: A. Agresti, "Categorical Data
    Analysis" (2013), section 3.2; J. N. K. Rao and A. J. Scott, "The analysis of categorical data from complex sample
    surveys", JASA 76 (1981).
    """
    before_all, now_all = sum(reference.counts), sum(live.counts)
    statistic, occupied = 0.0, 0
    for before, now in zip(reference.counts, live.counts, strict=True):
        if before or now:
            share = (before + now) / (before_all + now_all)
            statistic += (before / before_all - now / now_all) ** 2 / share
            occupied += 1
    if occupied < 2:
        return 1.0
    statistic /= 1 / reference.independent + 1 / live.independent
    degrees = max(int((occupied - 1) / _unequal(reference, live)), 1)
    return chi_squared_survival(statistic * degrees / (occupied - 1), degrees)


def _unequal(one: Weighed, other: Weighed) -> float:
    """Of both samples, at most: the norm of a sum is no more than the sum of the norms."""
    norms = sqrt(one.unequal) / one.independent + sqrt(other.unequal) / other.independent
    return (norms / (1 / one.independent + 1 / other.independent)) ** 2


def combined_p_value(p_values: Sequence[float], weights: Sequence[float]) -> float:
    """p value of the hypothesis that all of several null hypotheses are true, however their p values depend.

    It is e times the weighted geometric mean of the p values. Weights are not negative, and one at least is positive.
    Source: V. Vovk and R. Wang, "Combining p-values via averaging", Biometrika 107 (2020), section 4.
    """
    logarithms = (log(max(p_value, _LEAST)) * weight for p_value, weight in zip(p_values, weights, strict=True))
    return min(exp(1 + sum(logarithms) / sum(weights)), 1.0)


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Adjusted p values, in the given order: rejecting those up to q keeps the false discovery rate below q.

    Source: Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate", JRSS B 57 (1995).
    """
    order = sorted(range(len(p_values)), key=p_values.__getitem__, reverse=True)
    adjusted, least = [0.0] * len(p_values), 1.0
    for below, place in enumerate(order):
        least = min(least, p_values[place] * len(p_values) / (len(p_values) - below))
        adjusted[place] = least
    return adjusted

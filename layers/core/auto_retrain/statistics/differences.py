"""Bounds of the difference of two proportions or means, and the smallest one that a sample can show."""

from math import erf, log, sqrt
from statistics import NormalDist

from .proportions import wilson_interval

_NORMAL = NormalDist()
# 1 - Phi(a) + a phi(a) = 0.05.
_AT_FIRST = 2.5005


def errors_at_any_look(growth: float) -> float:
    """How many standard errors a one-sided 95 % bound is away that holds at all looks together, of which the first is
    at a planned sample and this one at a sample so many times as large: sqrt(a² + ln growth).

    Sources: H. Robbins and D. Siegmund, "Boundary crossing probabilities for the Wiener process and sample sums",
    Annals of Mathematical Statistics 41 (1970); with estimated variances A. Bibaut et al., "Near-optimal
    non-parametric sequential tests and confidence sequences with possibly dependent observations" (2022, arXiv
    2212.14411).
    """
    return sqrt(_AT_FIRST**2 + log(max(growth, 1.0)))


def confidence_of(errors: float) -> float:
    """The confidence of a two-sided interval whose ends are so many standard errors away."""
    return erf(errors / sqrt(2))


def interval_of_difference(
    events_a: float, rows_a: float, events_b: float, rows_b: float, confidence: float
) -> tuple[float, float]:
    """Two-sided interval of rate b - rate a: Newcombe's hybrid of two score intervals; both arms need rows, which
    need not be whole.

    Source: R. Newcombe, "Interval estimation for the difference between independent proportions", Statistics in
    Medicine 17 (1998), method 10.
    """
    rate_a, rate_b = events_a / rows_a, events_b / rows_b
    low_a, high_a = wilson_interval(rate_a, rows_a, confidence)
    low_b, high_b = wilson_interval(rate_b, rows_b, confidence)
    below = sqrt((rate_b - low_b) ** 2 + (high_a - rate_a) ** 2)
    above = sqrt((high_b - rate_b) ** 2 + (rate_a - low_a) ** 2)
    return rate_b - rate_a - below, rate_b - rate_a + above


def interval_of_paired_difference(only_a: float, only_b: float, rows: float, confidence: float) -> tuple[float, float]:
    """Two-sided interval of rate b - rate a on the same rows, of which so many are events in one of the two only.

    Source: D. Bonett and R. Price, "Adjusted Wald confidence interval for a difference of binomial proportions based
    on paired data", Journal of Educational and Behavioral Statistics 37 (2012).
    """
    share_a, share_b = (only_a + 1) / (rows + 2), (only_b + 1) / (rows + 2)
    difference = share_b - share_a
    error = sqrt(max(share_a + share_b - difference**2, 0.0) / (rows + 2))
    z = _NORMAL.inv_cdf((1 + confidence) / 2)
    return difference - z * error, difference + z * error


def smallest_visible_difference(error: float, limit: float) -> float:
    """The difference that an e-process with this limit shows in four of five samples with this standard error.

    The best bet on a difference of z standard errors grows to exp(z² / 2), so z = sqrt(2 ln limit) is needed.
    """
    return (sqrt(2 * log(limit)) + _NORMAL.inv_cdf(0.8)) * error


def error_of_rates(events: float, rows_a: float, rows_b: float) -> float:
    """Standard error of the difference of two equal rates; as if one more of two more rows were an event."""
    rate = (events + 1) / (rows_a + rows_b + 2)
    return sqrt(rate * (1 - rate) * (1 / rows_a + 1 / rows_b))

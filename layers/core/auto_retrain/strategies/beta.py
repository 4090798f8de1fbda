"""How probable it is that one rate is higher than another, given good ones of judged ones."""

from collections.abc import Iterator
from itertools import pairwise
from math import exp, lgamma, log, sqrt

# Cells of a tenth of a standard deviation, over everything that is not as good as impossible.
_CELLS, _WIDTH = 200, 10.0

Rewards = tuple[int, int]


def probability_better(champion: Rewards, challenger: Rewards) -> float:
    """The posterior probability, from uniform priors, that the challenger's rate of good ones is higher.

    This is the share of requests that Thompson sampling gives to the challenger. It is integrated rather than drawn, so
    that the same counts give the same share. No library, because it runs in a small function.
    """
    # Both rates are resolved where they lie, however unequal the counts.
    ends = sorted({*_grid(champion), *_grid(challenger)})
    (scale, good, bad), (its_scale, its_good, its_bad) = _log_density(champion), _log_density(challenger)
    below = better = total = 0.0
    for left, right in pairwise(ends):
        middle, width = (left + right) / 2, right - left
        if not 0 < middle < 1:  # rounding puts the middle of a last, tiny cell at its end, which has no logarithm
            continue
        log_rate, log_rest = log(middle), log(1 - middle)
        one = exp(scale + good * log_rate + bad * log_rest) * width
        other = exp(its_scale + its_good * log_rate + its_bad * log_rest) * width
        better += other * (below + one / 2)
        below += one
        total += other
    return min(better / (below * total), 1.0)


def _grid(arm: Rewards) -> Iterator[float]:
    a, b = _parameters(arm)
    mean = a / (a + b)
    width = _WIDTH * sqrt(mean * (1 - mean) / (a + b + 1))
    lower, upper = max(mean - width, 0.0), min(mean + width, 1.0)
    return (lower + (upper - lower) * number / _CELLS for number in range(_CELLS + 1))


def _log_density(arm: Rewards) -> tuple[float, int, int]:
    """Three numbers s, g, b: the logarithm of the density at a rate p is s + g log p + b log(1 - p)."""
    a, b = _parameters(arm)
    return lgamma(a + b) - lgamma(a) - lgamma(b), a - 1, b - 1


def _parameters(arm: Rewards) -> tuple[int, int]:
    good, judged = arm
    return good + 1, judged - good + 1

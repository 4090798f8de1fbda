"""How probable it is that one rate is higher than another, given good ones of judged ones."""

from collections.abc import Callable, Iterator
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
    cells = list(pairwise(sorted({*_grid(champion), *_grid(challenger)})))
    of_champion, of_challenger = _density(champion), _density(challenger)
    below = better = total = 0.0
    for left, right in cells:
        middle, width = (left + right) / 2, right - left
        one, other = of_champion(middle) * width, of_challenger(middle) * width
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


def _density(arm: Rewards) -> Callable[[float], float]:
    a, b = _parameters(arm)
    scale = lgamma(a + b) - lgamma(a) - lgamma(b)
    # Rounding puts the middle of a last, tiny cell at its end, where a logarithm has no value.
    return lambda rate: exp(scale + (a - 1) * log(rate) + (b - 1) * log(1 - rate)) if 0 < rate < 1 else 0.0


def _parameters(arm: Rewards) -> tuple[int, int]:
    good, judged = arm
    return good + 1, judged - good + 1

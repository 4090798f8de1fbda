"""Differences of two means, from sums of values and of their squares."""

from typing import NamedTuple

from .base import Sight
from .entities import Counted

# Below it, a variance and a normal distribution of the mean are guesses.
MIN_ROWS = 30


class Sums(NamedTuple):
    """Rows of one arm, with the sum of a value for which less is better, and of its squares."""

    rows: int
    total: float
    squares: float

    def and_then(self, later: "Sums") -> "Sums":
        """Both together."""
        return Sums(self.rows + later.rows, self.total + later.total, self.squares + later.squares)

    @property
    def mean(self) -> float:
        return self.total / self.rows

    @property
    def variance(self) -> float:
        """Of a single value."""
        return max(self.squares / self.rows - self.mean**2, 0.0) * self.rows / (self.rows - 1)


class MeanBlock(NamedTuple):
    """A difference of means, its variance, and the information that a test begins with."""

    difference: float
    variance: float
    spread: float


def variance_of_difference(step: tuple[Sums, Sums], shares: Counted, rows: Counted | None = None) -> float:
    """Variance of a difference of means of so many rows, or else of those in the step that count; 0 if these are too
    few to know how values vary.
    """
    in_step = Counted(*(share * sums.rows for share, sums in zip(shares, step, strict=True)))
    rows = rows or in_step
    if min(in_step) < MIN_ROWS or min(rows) <= 0:
        return 0.0
    return step[0].variance / rows.champion + step[1].variance / rows.challenger


def block_of(step: tuple[Sums, Sums], since: tuple[Sums, Sums], counted: Counted, sight: Sight) -> MeanBlock | None:
    """What a test of means learns from new rows, of which so many count; values vary as in the whole step.

    None while that is unknown, or none of an arm's rows count.
    """
    rows = Counted(*(min(each, sums.rows) for each, sums in zip(counted, since, strict=True)))
    variance = variance_of_difference(step, sight.shares, rows)
    if not variance:
        return None
    spread = spread_around(sight.planned, since[1].rows, variance)
    return MeanBlock(since[1].mean - since[0].mean, variance, spread)


def spread_around(planned: float, rows: int, variance: float) -> float:
    """The information with which a test begins, if so many rows give this variance: its evidence grows fastest around
    a tenth of the planned sample.
    """
    return planned / 10 / rows / variance

"""Differences of two means, from sums of values and of their squares."""

from typing import NamedTuple

from .base import Sight

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


def variance_of_difference(champion: Sums, challenger: Sums, rows: tuple[float, float]) -> float:
    """Variance of a difference of means of so many rows, as values vary in these sums; 0 if they are too few."""
    if min(champion.rows, challenger.rows) < MIN_ROWS or min(rows) <= 0:
        return 0.0
    return champion.variance / rows[0] + challenger.variance / rows[1]


def block_of(step: tuple[Sums, Sums], since: tuple[Sums, Sums], sight: Sight) -> MeanBlock | None:
    """What a test of means learns from new rows; values vary as in the whole step.

    None while that is unknown, or an arm had no rows.
    """
    counted = sight.independence * since[0].rows, sight.independence * since[1].rows
    variance = variance_of_difference(*step, counted)
    if not variance:
        return None
    spread = spread_around(sight.planned, since[1].rows, variance)
    return MeanBlock(since[1].mean - since[0].mean, variance, spread)


def spread_around(planned: float, rows: int, variance: float) -> float:
    """The information with which a test begins, if so many rows give this variance: its evidence grows fastest around
    a tenth of the planned sample.
    """
    return planned / 10 / rows / variance

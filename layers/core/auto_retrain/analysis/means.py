"""Differences of two means, from sums of values and of their squares."""

from typing import NamedTuple

# Below it, a variance and a normal distribution of the mean are guesses.
MIN_ROWS = 30


class Sums(NamedTuple):
    """Rows of one arm, with the sum of a value for which less is better, and of its squares."""

    rows: int
    total: float
    squares: float

    @property
    def mean(self) -> float:
        return self.total / self.rows

    @property
    def variance(self) -> float:
        """Of a single value."""
        return max(self.squares / self.rows - self.mean**2, 0.0) * self.rows / (self.rows - 1)


def variance_of_difference(champion: Sums, challenger: Sums, rows: tuple[int, int]) -> float:
    """Variance of a difference of means of so many rows, as values vary in these sums; 0 if they are too few."""
    if min(champion.rows, challenger.rows) < MIN_ROWS or min(rows) < 1:
        return 0.0
    return champion.variance / rows[0] + challenger.variance / rows[1]


def block_of(step: tuple[Sums, Sums], since: tuple[Sums, Sums], planned: int) -> tuple[float, float, float] | None:
    """What a test of means learns from one look: the difference, its variance, and the information that it begins with.

    Values vary as in the whole step. None while that is unknown, or an arm had no rows.
    """
    variance = variance_of_difference(*step, (since[0].rows, since[1].rows))
    if not variance:
        return None
    # Evidence grows fastest around a tenth of the planned sample.
    spread = planned / 10 / since[1].rows / variance
    return since[1].mean - since[0].mean, variance, spread

"""How far days differ for no known reason is bounded whatever the days' numbers of rows are: simulated, seeded."""

from typing import Any

import numpy as np
import pytest

from auto_retrain.statistics.day_noise import NOISE_CONFIDENCE, independent_rows, likeness_of_rows, mean_share

REPETITIONS = 300
# Three standard errors of a share of 0.9.
TOLERANCE = 3 * (0.9 * 0.1 / REPETITIONS) ** 0.5


def days_of(random: Any, rows: list[int], likeness: float) -> list[tuple[float, float]]:
    """Days of rows that are right in nine of ten cases, and as much alike as this."""
    size = (1 - likeness) / likeness
    rates = random.beta(0.9 * size, 0.1 * size, len(rows))
    return [(random.binomial(n, rate) / n, n) for n, rate in zip(rows, rates, strict=True)]


@pytest.mark.parametrize("likeness", [0.001, 0.01, 0.03])
@pytest.mark.parametrize(
    "rows", [[200] * 6, [1_000] * 30, [2_000, 200] * 15, [1_000_000, *[300] * 29]], ids=["6", "30", "uneven", "one"]
)
def test_the_bound_is_seldom_below_the_true_likeness(rows: list[int], likeness: float) -> None:
    random = np.random.default_rng(7)
    above = sum(likeness_of_rows(days_of(random, rows, likeness)) >= likeness for _ in range(REPETITIONS))
    assert above / REPETITIONS >= NOISE_CONFIDENCE - TOLERANCE


def test_it_is_the_same_whether_days_have_few_rows_or_many() -> None:
    """A bound of the predecessor's small days is that of the champion's large ones."""
    random = np.random.default_rng(7)
    few, many = (
        np.median([likeness_of_rows(days_of(random, [rows] * 30, 0.02)) for _ in range(50)]) for rows in (500, 50_000)
    )
    assert few == pytest.approx(many, rel=0.1)


def test_days_that_never_differ_are_of_independent_rows() -> None:
    assert likeness_of_rows([(0.9, 1_000.0)] * 30) == 0
    assert likeness_of_rows([(1.0, 1_000.0)] * 30) == 0


def test_days_that_are_all_or_nothing_tell_one_row_each() -> None:
    assert likeness_of_rows([(1.0, 1_000.0), (0.0, 1_000.0)] * 15) == pytest.approx(1)


def test_a_day_with_ever_more_rows_decides_no_mean() -> None:
    assert independent_rows(1e9, 0.01) == pytest.approx(100)
    assert independent_rows(0.4, 0.5) == 0.4
    assert mean_share([(0.5, 1e9), *[(0.9, 1_000)] * 9], 0.01) == pytest.approx(0.857, abs=0.001)

"""Bounds of differences agree with other libraries and hold as often as they claim."""

import numpy as np
import pytest
from scipy.stats import norm
from statsmodels.stats.proportion import confint_proportions_2indep

from auto_retrain.statistics.differences import (
    error_of_rates,
    interval_of_difference,
    interval_of_paired_difference,
    smallest_visible_difference,
)


@pytest.mark.parametrize("counts", [(50, 1000, 12, 100), (0, 1000, 0, 100), (1, 9000, 4, 1000), (7, 10, 10, 10)])
def test_the_interval_agrees_with_newcombes_of_statsmodels(counts: tuple[int, int, int, int]) -> None:
    events_a, rows_a, events_b, rows_b = counts
    expected = confint_proportions_2indep(events_b, rows_b, events_a, rows_a, method="newcomb", alpha=0.1)
    assert interval_of_difference(*counts, 0.90) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("rate", "rows"), [(0.05, (4500, 500)), (0.001, (18_000, 2_000)), (0.3, (500, 500))])
def test_the_true_difference_is_rarely_above_the_upper_bound(rate: float, rows: tuple[int, int]) -> None:
    random = np.random.default_rng(5)
    events_a, events_b = random.binomial(rows[0], rate, 2000), random.binomial(rows[1], 2 * rate, 2000)
    bounds = [
        interval_of_difference(int(a), rows[0], int(b), rows[1], 0.90)[1]
        for a, b in zip(events_a, events_b, strict=True)
    ]
    # Score intervals hold on average over rates, so a point beyond the Monte-Carlo error (three times .005) is allowed.
    assert np.mean(np.array(bounds) < rate) <= 0.05 + 0.015 + 0.01


@pytest.mark.parametrize("shares", [(0.05, 0.05), (0.10, 0.12), (0.01, 0.01)])
def test_so_is_it_for_pairs(shares: tuple[float, float]) -> None:
    drawn = np.random.default_rng(6).multinomial(1000, [*shares, 1 - sum(shares)], 2000)
    bounds = [interval_of_paired_difference(int(a), int(b), 1000, 0.90)[1] for a, b, _ in drawn]
    assert np.mean(np.array(bounds) < shares[1] - shares[0]) <= 0.05 + 0.015 + 0.01


def test_pairs_that_never_differ_leave_a_difference_possible() -> None:
    low, high = interval_of_paired_difference(0, 0, 98, 0.95)
    assert -low == high == pytest.approx(norm.ppf(0.975) * np.sqrt(0.02 / 100))


def test_the_smallest_visible_difference_takes_the_limit_and_four_fifths_of_samples() -> None:
    assert smallest_visible_difference(0.01, 20) == pytest.approx(0.01 * (np.sqrt(2 * np.log(20)) + norm.ppf(0.8)))


def test_without_any_event_the_error_is_not_zero() -> None:
    assert error_of_rates(0, 100, 100) == pytest.approx(np.sqrt(1 / 202 * 201 / 202 * 2 / 100))

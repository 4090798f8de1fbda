"""The bound of a counted proportion, and the p value of its rise, hold as often as they claim."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2_contingency

from auto_retrain.statistics.proportions import rise_p_value, wilson_upper_bound


@pytest.mark.parametrize(("successes", "n"), [(0, 10), (5, 10), (10, 10), (920, 1000)])
def test_the_bound_agrees_with_scipy(successes: int, n: int) -> None:
    # A one-sided bound at 95 % is the upper end of the two-sided interval at 90 %.
    expected = binomtest(successes, n).proportion_ci(0.90, "wilson").high
    assert wilson_upper_bound(successes, n, 0.95) == pytest.approx(expected, abs=1e-12)


def test_without_rows_the_bound_is_one() -> None:
    assert wilson_upper_bound(0, 0, 0.95) == 1


def test_the_true_proportion_is_rarely_above_the_bound() -> None:
    random = np.random.default_rng(4)
    drawn = random.binomial(1000, 0.93, 4000)
    above = np.mean([wilson_upper_bound(count, 1000, 0.95) < 0.93 for count in drawn])
    assert above <= 0.05 + 3 * (0.05 * 0.95 / 4000) ** 0.5


@pytest.mark.parametrize(("before", "now"), [(20, 150), (500, 530), (0, 3), (997, 999)])
def test_the_rise_agrees_with_the_chi_squared_test_of_scipy(before: int, now: int) -> None:
    # The square of z is chi-squared without a continuity correction; one of its two sides is the rise.
    p_value = rise_p_value(before, 1000, now, 1000)
    table = [[before, 1000 - before], [now, 1000 - now]]
    assert p_value == pytest.approx(chi2_contingency(table, correction=False).pvalue / 2, rel=1e-9)


@pytest.mark.parametrize("counts", [(0, 0, 5, 10), (5, 10, 0, 0), (0, 10, 0, 10), (10, 10, 10, 10)])
def test_a_rise_that_was_impossible_is_not_significant(counts: tuple[int, int, int, int]) -> None:
    assert rise_p_value(*counts) == 1


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_the_p_value_is_below_one_half_for_a_rise_alone(before: int, now: int) -> None:
    p_value = rise_p_value(before, 1000, now, 1000)
    assert 0 <= p_value <= 1
    assert (p_value < 0.5) == (now > before)


def test_without_a_rise_the_p_value_is_rarely_small() -> None:
    random = np.random.default_rng(5)
    drawn = random.binomial(1000, 0.1, (2000, 2))
    small = np.mean([rise_p_value(int(before), 1000, int(now), 1000) <= 0.05 for before, now in drawn])
    assert small == pytest.approx(0.05, abs=0.015)

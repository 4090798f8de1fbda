"""The distributions behind the drift trigger agree with scipy, which its function does without."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2, chi2_contingency, false_discovery_control

from auto_retrain.statistics.significance import Weighed, benjamini_hochberg, chi_squared_survival, shift_p_value


@pytest.mark.parametrize("degrees", range(1, 40))
def test_the_chi_squared_distribution_is_scipys(degrees: int) -> None:
    for value in (1e-6, 0.1, 1, 5, 20, 100, 700, 3000):
        assert chi_squared_survival(value, degrees) == pytest.approx(chi2.sf(value, degrees), rel=1e-9, abs=1e-300)


@pytest.mark.parametrize(("value", "degrees"), [(0, 3), (-1, 3), (5, 0), (5, -1)])
def test_where_nothing_can_differ_nothing_is_significant(value: float, degrees: int) -> None:
    assert chi_squared_survival(value, degrees) == 1


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_adjusted_p_values_are_scipys(p_values: list[float]) -> None:
    assert benjamini_hochberg(p_values) == pytest.approx(false_discovery_control(p_values))


def test_no_p_values_need_no_adjustment() -> None:
    assert benjamini_hochberg([]) == []


@pytest.mark.parametrize(("before", "now"), [([30, 20, 50], [10, 20, 70]), ([5, 0, 900], [40, 3, 5000])])
def test_the_p_value_of_a_shift_is_scipys_test_of_homogeneity(before: list[int], now: list[int]) -> None:
    expected = chi2_contingency([before, now], correction=False).pvalue
    assert shift_p_value(Weighed(before, sum(before)), Weighed(now, sum(now))) == pytest.approx(expected, rel=1e-9)
    more = shift_p_value(Weighed([*before, 0], sum(before)), Weighed([*now, 0], sum(now)))
    assert more == pytest.approx(expected, rel=1e-9)


def test_fewer_independent_rows_make_a_shift_less_certain() -> None:
    before, more, less = Weighed([50, 50], 100), Weighed([60, 40], 100), Weighed([60, 40], 20)
    assert shift_p_value(before, more) < shift_p_value(before, less)


def test_rows_that_weigh_unequally_make_a_shift_less_certain() -> None:
    before, now = [250, 250, 250, 250], [210, 290, 220, 280]
    alike, unequal = (shift_p_value(Weighed(before, 1000, each), Weighed(now, 1000, each)) for each in (1, 3))
    # A chi-squared variable with one degree of freedom in the place of one with three, a third as large.
    statistic = chi2.isf(alike, 3)
    assert unequal == pytest.approx(chi2.sf(statistic / 3, 1), rel=1e-6)
    assert shift_p_value(Weighed([7], 7), Weighed([9], 9)) == 1


@pytest.mark.parametrize("rows", [(1000, 1000), (100_000, 300), (300, 300)])
def test_the_p_value_of_a_shift_is_uniform_without_drift(rows: tuple[int, int]) -> None:
    # Of 2,000 samples, so within two and a half standard errors of 0.005.
    random, p_values = np.random.default_rng(1), []
    for _ in range(2000):
        before, now = (random.multinomial(each, [0.1] * 10).tolist() for each in rows)
        p_values.append(shift_p_value(*map(Weighed, (before, now), rows)))
    assert np.mean(np.array(p_values) <= 0.05) == pytest.approx(0.05, abs=0.0125)

"""The distributions behind the drift trigger agree with scipy, which its function does without."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2, false_discovery_control

from auto_retrain.statistics.significance import benjamini_hochberg, chi_squared_survival, psi_p_value


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


def test_the_p_value_of_psi_is_uniform_without_drift() -> None:
    random, shares = np.random.default_rng(1), [0.1] * 10
    p_values = []
    for _ in range(2000):
        before, now = random.multinomial(1000, shares), random.multinomial(1000, shares)
        index = sum((b - a) * np.log(b / a) for a, b in zip(before / 1000, now / 1000, strict=True))
        p_values.append(psi_p_value(float(index), 1000, 1000, 10))
    assert np.mean(np.array(p_values) <= 0.05) == pytest.approx(0.05, abs=0.015)

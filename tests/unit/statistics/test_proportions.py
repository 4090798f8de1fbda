"""The bound of a counted proportion holds as often as it claims."""

import numpy as np
import pytest
from scipy.stats import binomtest

from auto_retrain.statistics.proportions import wilson_upper_bound


@pytest.mark.parametrize(("successes", "n"), [(0, 10), (5, 10), (10, 10), (920, 1000)])
def test_the_bound_agrees_with_scipy(successes: int, n: int) -> None:
    # A one-sided bound at 95 % is the upper end of the two-sided interval at 90 %.
    expected = binomtest(successes, n).proportion_ci(0.90, "wilson").high
    assert wilson_upper_bound(successes, n, 0.95) == pytest.approx(expected, abs=1e-12)


def test_nothing_counted_bounds_nothing() -> None:
    assert wilson_upper_bound(0, 0, 0.95) == 1


def test_the_true_proportion_is_rarely_above_the_bound() -> None:
    random = np.random.default_rng(4)
    drawn = random.binomial(1000, 0.93, 4000)
    above = np.mean([wilson_upper_bound(count, 1000, 0.95) < 0.93 for count in drawn])
    assert above <= 0.05 + 3 * (0.05 * 0.95 / 4000) ** 0.5

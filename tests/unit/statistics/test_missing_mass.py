"""New categories are distinguished from those that a sample always leaves unseen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.statistics.missing_mass import unseen_p_value


def test_a_known_case_is_the_hand_computed_one() -> None:
    # 0.1 - 20/1000 - 0.05 = 0.03; variance 0.1·0.9/500 + (20 + 2·30)/1000² = 0.00026; z = 1.8605
    p_value = unseen_p_value(50, 500, 0.05, reference_rows=1000, once=20, twice=30)
    assert p_value == pytest.approx(0.03141, abs=1e-5)


@pytest.mark.parametrize(("unseen", "expected"), [(0, 1.0), (100, 0.0)])
def test_a_reference_that_left_nothing_unseen_leaves_no_doubt(unseen: int, expected: float) -> None:
    assert unseen_p_value(unseen, 100, 0.05, reference_rows=100, once=0, twice=0) == expected


@given(st.integers(0, 1000), st.integers(0, 500), st.integers(0, 250))
def test_the_p_value_is_small_only_where_more_is_unseen_than_allowed(unseen: int, once: int, twice: int) -> None:
    p_value = unseen_p_value(unseen, 1000, 0.05, reference_rows=1000, once=once, twice=twice)
    assert 0 <= p_value <= 1
    assert (p_value < 0.5 - 1e-9) <= (unseen - once > 50)


@pytest.mark.parametrize("skew", [0, 1])
@pytest.mark.parametrize("rows", [300, 500, 2000])
def test_without_new_categories_the_p_value_is_rarely_small(rows: int, skew: int) -> None:
    random = np.random.default_rng(rows)
    shares = 1 / np.arange(1, 201) ** float(skew)
    shares /= shares.sum()
    p_values = []
    for _ in range(1000):
        before, now = random.multinomial(rows, shares), random.multinomial(rows, shares)
        unseen, once, twice = int(now[before == 0].sum()), int((before == 1).sum()), int((before == 2).sum())
        p_values.append(unseen_p_value(unseen, rows, 0, reference_rows=rows, once=once, twice=twice))
    assert np.mean(np.array(p_values) <= 0.05) <= 0.07

"""Values of both versions by period: how they differ, and how far periods are like those before them."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.adapters.live.by_period import Values, compared, period_of

NUMBERS = st.floats(-1e12, 1e12)
ARM = st.dictionaries(st.integers(0, 80), st.builds(Values, st.floats(0, 1e6), NUMBERS))


def test_only_periods_in_which_both_had_values_are_compared() -> None:
    champion = {1: Values(2, 6.0), 2: Values(1, 5.0), 3: Values(0, 0.0), 5: Values(2, 4.0)}
    challenger = {1: Values(1, 4.0), 3: Values(1, 9.0), 4: Values(1, 9.0), 5: Values(4, 4.0)}
    counts = compared(champion, challenger)
    assert (counts.periods, counts.gain, counts.gain_squares) == (2, 0.0, 2.0)


@given(ARM, ARM)
def test_whatever_the_values_are_a_part_of_the_periods_counts(
    champion: dict[int, Values], challenger: dict[int, Values]
) -> None:
    counts = compared(champion, challenger)
    assert 0 < counts.independence <= 1
    assert counts.periods <= len(champion.keys() & challenger.keys())


@pytest.mark.parametrize(("alike", "least", "most"), [(0.0, 0.6, 1.0), (0.6, 0.12, 0.4), (0.9, 0.01, 0.12)])
def test_periods_that_are_like_those_before_count_less(alike: float, least: float, most: float) -> None:
    """(1 - alike) / (1 + alike) of them for a chain in which only the last one matters; 600 periods tell it roughly."""
    random, gains = np.random.default_rng(21), [0.0]
    for step in random.normal(size=600):
        gains.append(alike * gains[-1] + float(step))
    nothing = dict.fromkeys(range(len(gains)), Values(1, 0.0))
    counts = compared(nothing, {number: Values(1, gain) for number, gain in enumerate(gains)})
    assert least <= counts.independence <= most


@given(st.timedeltas(timedelta(), timedelta(days=30)))
def test_a_step_never_has_more_than_720_periods(age: timedelta) -> None:
    assert age / period_of(age) <= 720

"""A converted feed is recognised at first sight, and no honest feature is taken for one in a simulated year."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_retrain.statistics.feed_break import find_break, moved_further

Days = list[np.ndarray[Any, Any]]
ROWS, TRAINING, HOLDOUT, YEAR = 100, 180, 30, 364
ALL = TRAINING + HOLDOUT + YEAR


def seasonal(random: np.random.Generator) -> Iterator[Any]:
    """Temperatures of single rows, from 0 to 24 degrees over the year."""
    return (12 - 12 * np.cos(2 * np.pi * day / 365) + random.normal(0, 4, ROWS) for day in range(ALL))


def of_the_day(number: Callable[[date], float]) -> Callable[[Any], Iterator[Any]]:
    days = [date(2024, 1, 1) + timedelta(days=day) for day in range(ALL)]
    return lambda _: (np.full(ROWS, float(number(day))) for day in days)


def rates(random: np.random.Generator) -> Iterator[Any]:
    """An interest rate near zero that walks at random, six times as fast and upwards in a crisis of three months."""
    rate = 0.5
    for day in range(ALL):
        in_crisis = 300 < day < 390
        rate = max(0.05, rate + random.normal(0.03 * in_crisis, 0.12 if in_crisis else 0.02))
        yield np.full(ROWS, round(rate, 2))


def counter(_: np.random.Generator) -> Iterator[Any]:
    return (np.arange(day * ROWS, (day + 1) * ROWS) + 0.0 for day in range(ALL))


def amounts(random: np.random.Generator) -> Iterator[Any]:
    return (random.lognormal(4, 1, ROWS) for _ in range(ALL))


def centred(random: np.random.Generator) -> Iterator[Any]:
    return (random.normal(0, 1, ROWS) for _ in range(ALL))


HOLIDAYS = {(1, 1), (3, 29), (5, 1), (10, 3), (12, 25), (12, 26)}
HONEST: dict[str, Callable[[np.random.Generator], Iterator[Any]]] = {
    "seasonal temperature": seasonal,
    "month": of_the_day(lambda day: day.month),
    "quarter": of_the_day(lambda day: (day.month + 2) // 3),
    "holiday": of_the_day(lambda day: (day.month, day.day) in HOLIDAYS),
    "rate in a crisis": rates,
    "counter": counter,
    "amounts": amounts,
    "centred": centred,
}
BROKEN: dict[str, Callable[[Any], Any]] = {
    "multiplied by 100": lambda values: values * 100,
    "divided by 1,000": lambda values: values / 1000,
    "turned from Celsius into Fahrenheit": lambda values: values * 1.8 + 32,
    "given the opposite sign": lambda values: -values,
}


def year_of(feature: str, seed: int) -> Days:
    return list(HONEST[feature](np.random.default_rng(seed)))


@pytest.mark.parametrize("feature", HONEST)
def test_no_monthly_job_of_a_year_is_stopped_by_an_honest_feature(feature: str) -> None:
    # In forty such years, none of 10,600 weekly looks at the first five kinds was a false alarm.
    days = year_of(feature, 1)
    for start in range(0, YEAR, 30):
        assert find_break(days[start : start + TRAINING + HOLDOUT], TRAINING) is None


@pytest.mark.parametrize(
    ("feature", "conversion"),
    [
        *(("seasonal temperature", conversion) for conversion in BROKEN),
        *(("counter", conversion) for conversion in BROKEN),
        *(("amounts", conversion) for conversion in BROKEN if "Celsius" not in conversion),
    ],
)
@pytest.mark.parametrize("broken_days", [HOLDOUT, HOLDOUT + 5, 3])
def test_a_feed_that_was_converted_is_recognised_at_first_sight(
    feature: str, conversion: str, broken_days: int
) -> None:
    # From summer to autumn: values near zero hardly change their sign, nor when they are divided.
    days = year_of(feature, 3)[60 : 60 + TRAINING + HOLDOUT]
    place = len(days) - broken_days
    broken = find_break([*days[:place], *map(BROKEN[conversion], days[place:])], TRAINING)
    assert broken is not None
    assert (broken.conversion, broken.day) == (conversion, place)


def test_a_day_on_which_both_units_occur_does_not_hide_the_conversion() -> None:
    days = year_of("amounts", 4)[: TRAINING + HOLDOUT]
    half = np.concatenate([days[TRAINING][:50], days[TRAINING][50:] * 1000])
    broken = find_break([*days[:TRAINING], half, *(values * 1000 for values in days[TRAINING + 1 :])], TRAINING)
    assert broken is not None
    assert broken.conversion == "multiplied by 1,000"


def test_a_few_rows_a_day_are_taken_together() -> None:
    days = [values[:20] for values in year_of("amounts", 5)[: TRAINING + HOLDOUT]]
    broken = find_break([*days[:TRAINING], *(values * 100 for values in days[TRAINING:])], TRAINING)
    assert broken is not None
    assert broken.conversion == "multiplied by 100"


def test_a_glitch_that_is_over_is_no_conversion() -> None:
    days = year_of("amounts", 6)[: TRAINING + HOLDOUT]
    assert find_break([*days[:-10], days[-10] * 100, *days[-9:]], TRAINING) is None


def test_what_most_of_training_already_has_is_no_conversion() -> None:
    days = year_of("amounts", 7)[: TRAINING + HOLDOUT]
    assert find_break([*days[:80], *(values * 100 for values in days[80:])], TRAINING) is None


@pytest.mark.parametrize("factor", [1.5, 2.0, 2.54, 3.0])
def test_a_factor_that_prices_may_have_is_no_conversion(factor: float) -> None:
    days = year_of("amounts", 8)[: TRAINING + HOLDOUT]
    assert find_break([*days[:TRAINING], *(values * factor for values in days[TRAINING:])], TRAINING) is None


def test_without_a_past_nothing_is_known_to_be_new() -> None:
    one = np.full(200, 5.0)
    assert find_break([], 0) is None
    assert find_break([one, one * 100], 1) is None
    assert find_break([one] * 20 + [one * 100] * 5, 20) is None
    assert find_break([np.empty(0)] * 30, 20) is None


def test_a_feature_that_went_as_far_beyond_its_past_before_may_do_so_again() -> None:
    stairs = [np.full(100, float(step // 10)) for step in range(70)]
    assert not moved_further(stairs, 60)
    assert moved_further([*stairs[:60], *(values + 10 for values in stairs[60:])], 60)
    amounts = year_of("amounts", 9)[:60]
    assert not moved_further(amounts, 50)
    assert moved_further([*amounts[:50], *(values * 30 for values in amounts[50:])], 50)
    assert not moved_further([], 0)


VALUES = st.sampled_from([0.0, -0.0, 1.0, -1.0, 5e-324, 1e308, -1e308, 2.5]) | st.floats(allow_nan=False, width=64)


@given(st.lists(st.tuples(VALUES, VALUES), max_size=20), st.integers(0, 20))
@settings(deadline=None)
def test_no_numbers_cause_an_error_and_what_never_changed_is_no_break(
    pairs: list[tuple[float, float]], training: int
) -> None:
    days = [np.array([low] * 60 + [high] * 60) for low, high in pairs if np.isfinite((low, high)).all()]
    assert moved_further(days, min(training, len(days))) in (True, False)
    broken = find_break(days, min(training, len(days)))
    if len(set(pairs)) <= 1:
        assert broken is None

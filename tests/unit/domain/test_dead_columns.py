"""A dead column is distinguished from one that never varied much, and from chance."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.dead_columns import are_alive, dead_columns
from auto_retrain.domain.drift import FeatureHistogram

VARIED = (100,) * 10
ONE = (0,) * 9


def problems(
    reference: tuple[int, ...],
    live: tuple[int, ...],
    *,
    stands_still: bool = False,
    min_rows: int = 500,
    still_days: int | None = 0,
    empty_days: int | None = 0,
) -> list[str]:
    histogram = FeatureHistogram(
        feature="age",
        reference=reference,
        live=live,
        stands_still=stands_still,
        days=30,
        reference_still_days=still_days,
        reference_empty_days=empty_days,
    )
    return dead_columns([histogram], min_rows)


def test_a_column_that_became_empty_is_dead_and_one_that_always_was_empty_is_not() -> None:
    assert problems((500, 480, 20), (0, 0, 600)) == ["'age' has no value in any of 600 rows"]
    assert problems((0, 0, 1000), (0, 0, 600)) == []


def test_a_value_that_was_seen_once_in_a_thousand_rows_may_be_absent() -> None:
    assert problems((1, 0, 999), (0, 0, 600)) == []
    assert problems((1, 0, 999), (0, 0, 60_000)) == ["'age' has no value in any of 60000 rows"]


def test_a_column_that_became_constant_is_dead_unless_it_hardly_varied_before() -> None:
    still = "'age' has the same value in all 1000 rows"
    assert problems((*VARIED, 0), (*ONE, 1000, 0), stands_still=True) == [still]
    assert problems((*VARIED, 0), (*ONE, 1000, 0)) == []
    assert problems((990, 10, 0), (1000, 0, 0), stands_still=True) == []


def test_a_column_that_was_nearly_constant_may_be_constant_for_a_while() -> None:
    assert problems((9990, 3, 3, 2, 2, 0), (600, 0, 0, 0, 0, 0), stands_still=True) == []


def test_what_the_reference_itself_did_for_as_long_is_not_dead() -> None:
    still, empty = partial(problems, (*VARIED, 0), (*ONE, 1000, 0), stands_still=True), (0,) * 10 + (1000,)
    assert still(still_days=15) == []
    assert len(still(still_days=14)) == 1
    assert problems((*VARIED, 20), empty, empty_days=15) == []
    assert len(problems((*VARIED, 20), empty, empty_days=14)) == 1


def test_a_profile_of_an_earlier_release_does_not_say_what_is_new_for_the_column() -> None:
    assert problems((*VARIED, 0), (*ONE, 1000, 0), stands_still=True, still_days=None) == []
    assert len(problems((*VARIED, 0), (0,) * 10 + (1000,), empty_days=None)) == 1


def test_too_few_rows_are_not_judged() -> None:
    assert problems((*VARIED, 0), (*ONE, 499, 0), stands_still=True) == []
    assert problems((500, 480, 20), (0, 0, 499)) == []


def test_a_window_without_rows_does_not_make_a_column_dead() -> None:
    assert problems((500, 500, 0), (0, 0, 0), min_rows=1) == []
    assert problems((0, 0, 0), (0, 0, 500)) == []


@given(st.data(), st.booleans())
def test_a_column_with_varying_values_is_never_dead(data: st.DataObject, still: bool) -> None:
    counts = st.lists(st.integers(0, 2000), min_size=3, max_size=12)
    reference, live = data.draw(counts), data.draw(counts)
    sentences = problems(tuple(reference), tuple(live), stands_still=still)
    assert len(sentences) <= 1
    if sum(live[:-1]) and not still:
        assert not sentences


@pytest.mark.parametrize("rows", [500, 100_000_000])
def test_large_windows_do_not_overflow(rows: int) -> None:
    assert problems((rows, 0, 0, 0, 0, 0), (rows, 0, 0, 0, 0, 0), stands_still=True) == []


@pytest.mark.parametrize(("empty_days", "alive"), [(40, True), (3, False), (None, False)])
def test_few_rows_without_a_value_are_alive_where_the_reference_was_as_empty(
    empty_days: int | None, alive: bool
) -> None:
    snow = FeatureHistogram(
        feature="snow", reference=(50, 60, 400), live=(0, 0, 90), days=30, reference_empty_days=empty_days
    )
    assert dead_columns([snow], 500) == []
    assert are_alive([snow]) is alive
    assert not are_alive([snow.changed(live=(0, 0, 0), days=0)])

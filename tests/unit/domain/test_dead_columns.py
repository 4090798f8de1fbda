"""A column that went dead is told from one that never said much, and from chance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.dead_columns import dead_columns
from auto_retrain.domain.drift import FeatureHistogram

VARIED = (100,) * 10
ONE = (0,) * 9


def told(
    reference: tuple[int, ...], live: tuple[int, ...], *, stands_still: bool = False, fewest: int = 500
) -> list[str]:
    found = FeatureHistogram(feature="age", reference=reference, live=live, stands_still=stands_still)
    return dead_columns([found], fewest)


def test_a_column_that_went_empty_is_dead_and_one_that_always_was_is_not() -> None:
    assert told((500, 480, 20), (0, 0, 600)) == ["'age' has no value in any of 600 rows"]
    assert told((0, 0, 1000), (0, 0, 600)) == []


def test_a_value_that_was_seen_once_in_a_thousand_rows_may_stay_away() -> None:
    assert told((1, 0, 999), (0, 0, 600)) == []
    assert told((1, 0, 999), (0, 0, 60_000)) == ["'age' has no value in any of 60000 rows"]


def test_a_column_that_stands_still_is_dead_unless_it_hardly_varied() -> None:
    still = "'age' is one and the same value in all of 1000 rows"
    assert told((*VARIED, 0), (*ONE, 1000, 0), stands_still=True) == [still]
    assert told((*VARIED, 0), (*ONE, 1000, 0)) == []
    assert told((990, 10, 0), (1000, 0, 0), stands_still=True) == []


def test_a_column_that_was_nearly_always_one_value_may_be_it_for_a_while() -> None:
    assert told((9990, 3, 3, 2, 2, 0), (600, 0, 0, 0, 0, 0), stands_still=True) == []


def test_few_rows_show_nothing() -> None:
    assert told((*VARIED, 0), (*ONE, 499, 0), stands_still=True) == []
    assert told((500, 480, 20), (0, 0, 499)) == []


def test_no_row_at_all_is_no_fault_of_a_column() -> None:
    assert told((500, 500, 0), (0, 0, 0), fewest=1) == []
    assert told((0, 0, 0), (0, 0, 500)) == []


@given(st.data(), st.booleans())
def test_it_says_nothing_of_a_column_with_values_that_change(data: st.DataObject, still: bool) -> None:
    counts = st.lists(st.integers(0, 2000), min_size=3, max_size=12)
    reference, live = data.draw(counts), data.draw(counts)
    problems = told(tuple(reference), tuple(live), stands_still=still)
    assert len(problems) <= 1
    if sum(live[:-1]) and not still:
        assert not problems


@pytest.mark.parametrize("rows", [500, 100_000_000])
def test_large_windows_do_not_overflow(rows: int) -> None:
    assert told((rows, 0, 0, 0, 0, 0), (rows, 0, 0, 0, 0, 0), stands_still=True) == []

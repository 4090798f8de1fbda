"""Texts that differ only in spelling are recognised, and others are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.spelling import alike, folded, means_missing


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", "1.0"),
        ("1", "01"),
        ("600000", "600000.0"),
        ("1e3", "1000"),
        ("-0.0", "0"),
        ("-0.50", "-.5"),
        ("TRUE", "true"),
        (" basic", "Basic "),
        ("Straße", "STRASSE"),
    ],
)
def test_case_blanks_and_the_spelling_of_numbers_do_not_count(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("1", "11"), ("1", "-1"), ("true", "1"), ("a-1", "a1"), ("1.0.0", "1.0"), ("1" * 40, "1" * 39 + "2"), ("10", "1")],
)
def test_other_texts_stay_others(one: str, other: str) -> None:
    assert folded(one) != folded(other)


@pytest.mark.parametrize("word", ["nan", "NaN", "None", "NA", "NULL", "", " ", "N/A", "-", "<NA>", "NaT", "#N/A"])
def test_words_for_missing_are_recognised(word: str) -> None:
    assert means_missing(word)


@pytest.mark.parametrize("text", ["0", "no", "nano", "n", "--x", "missing link"])
def test_other_words_are_values(text: str) -> None:
    assert not means_missing(text)


def test_groups_of_texts_that_are_alike_are_named() -> None:
    assert alike(["a", "b", "A", "c", "1", "1.0", "1.00"]) == [("A", "a"), ("1", "1.0", "1.00")]


@given(st.text())
def test_any_text_can_be_folded_and_stays_so(text: str) -> None:
    assert folded(folded(text)) == folded(text)

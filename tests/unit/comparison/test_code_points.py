"""Texts are ordered, told apart and refused as numpy and Python do it, only sooner."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.comparison.code_points import are_distinct, are_writable, order_of, values_of

WORDS = st.lists(st.text(st.sampled_from("ab09-\nz~ä€\U0001f600"), max_size=20), min_size=1, max_size=60)


@given(WORDS)
def test_texts_are_ordered_and_told_apart_as_numpy_does(words: list[str]) -> None:
    for texts in (np.array(words), np.array([word.encode("ascii", "ignore").decode() for word in words])):
        assert np.array_equal(texts[order_of(texts)], np.sort(texts))
        assert are_distinct(texts) == (np.unique(texts).size == texts.size)
        assert are_writable(texts)
        for found, expected in zip(values_of(texts), np.unique(texts, return_counts=True), strict=True):
            assert np.array_equal(found, expected)


def test_texts_that_no_program_can_write_are_found() -> None:
    beyond = np.array([0x110000], np.uint32).view("U1")
    assert not are_writable(np.array(["a", "\ud800"]))
    assert not are_writable(beyond)
    assert not are_writable(np.array(["a"] * 40_000 + ["\ud800"]))


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_order_of_bytes_in_a_file_does_not_matter(order: str) -> None:
    texts = np.array(["b", "a", "ab"]).astype(f"{order}U2")
    assert order_of(texts).tolist() == [1, 2, 0]
    assert are_distinct(texts)
    assert are_writable(texts)

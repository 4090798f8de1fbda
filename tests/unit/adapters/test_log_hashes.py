"""Hashes of texts tell texts apart, and say the same of a text wherever it is stored."""

from collections.abc import Callable

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_retrain.adapters.live.log_hashes import each, hashed

MANY = 200_000
TEXTS = st.text(max_size=12) | st.text("0\0a€", max_size=50) | st.sampled_from(["x" * 127, "x" * 128, "x" * 4_000])
STYLES: dict[str, Callable[[], list[str]]] = {
    "numbers": lambda: [str(number) for number in range(MANY)],
    "numbers of one length": lambda: [f"{number:024}" for number in range(MANY)],
    "numbers that end alike": lambda: [f"{number:08}-customer" for number in range(MANY)],
    "ids like those of traces": lambda: [f"{number:032x}-{number * 7919:016x}" for number in range(MANY)],
    "texts of nothing but their length": lambda: ["a" * size for size in range(2_000)],
    "empty characters": lambda: ["\0" * size for size in range(300)],
}


@pytest.mark.parametrize("style", STYLES)
def test_different_texts_have_different_hashes(style: str) -> None:
    texts = STYLES[style]()
    assert len(set(hashed(pa.array(texts)).to_pylist())) == len(texts)


@pytest.mark.parametrize("style", ["numbers", "numbers of one length", "ids like those of traces"])
def test_each_bit_of_a_hash_is_set_for_half_of_the_texts(style: str) -> None:
    hashes = hashed(pa.array(STYLES[style]())).to_numpy()
    for bit in range(64):
        assert (hashes >> bit & 1).mean() == pytest.approx(0.5, abs=0.01)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.none() | TEXTS, max_size=8), st.integers(0, 8))
def test_a_text_has_the_same_hash_wherever_it_is_stored(texts: list[str | None], start: int) -> None:
    alone = [None if text is None else hashed(pa.array([text]))[0].as_py() for text in texts]
    together = pa.array(texts, pa.string())
    assert hashed(together).to_pylist() == alone
    assert hashed(together[start:]).to_pylist() == alone[start:]
    assert each(together.dictionary_encode(), hashed).to_pylist() == alone

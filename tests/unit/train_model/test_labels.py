"""Labels keep their meaning in files and models."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_retrain.domain.canonical_text import canonical_text
from train_model.known_labels import KnownLabels
from train_model.labels import encode, natural_labels


@pytest.mark.parametrize(
    ("texts", "natural"),
    [
        (["0", "1", "-3"], [0, 1, -3]),
        (["true", "false"], [True, False]),
        (["yes", "no"], ["yes", "no"]),
        (["1", "true"], ["1", "true"]),
        (["1", "01"], ["1", "01"]),
        (["1", "-0"], ["1", "-0"]),
        (["1.5", "2"], ["1.5", "2"]),
        (["9" * 30, "1"], ["9" * 30, "1"]),
    ],
)
def test_a_model_learns_labels_of_their_natural_type(texts: list[str], natural: list[Any]) -> None:
    assert natural_labels(np.array(texts)).tolist() == natural


@settings(deadline=None)
@given(
    st.lists(
        (st.text(st.characters(exclude_characters="\0", codec="utf-8")) | st.integers().map(str)).map(canonical_text),
        min_size=1,
    )
)
def test_the_text_of_a_label_is_the_same_after_conversion_to_its_natural_type(texts: list[str]) -> None:
    known = KnownLabels(texts)
    assert [known.text_of(label) for label in natural_labels(np.array(texts, dtype=np.str_))] == texts


def test_codes_point_into_the_sorted_classes() -> None:
    classes = np.array(["1", "10", "9", "no"])
    codes = encode(np.array(["9", "no", "1"]), classes)
    assert codes.dtype == np.int32
    assert classes[codes].tolist() == ["9", "no", "1"]

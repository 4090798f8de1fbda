"""Converts labels between files and models: files hold their texts, models learn their natural types."""

import re
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
WHOLE_NUMBER = re.compile(r"0|-?[1-9]\d{0,17}")
# As in the function that measures: the sum of the squares of a billion such numbers is still finite.
MAX_NUMBER = 1e140


def natural_labels(texts: Array, among: Array | None = None) -> Array:
    """Labels as a model should learn them: as integers or booleans if all of them are, otherwise as texts.

    What all of them are decide those `among` which they are.
    """
    classes = [str(text) for text in np.unique(texts if among is None else among)]
    if set(classes) <= {"true", "false"}:
        return np.asarray(texts == "true")
    if all(WHOLE_NUMBER.fullmatch(text) for text in classes):
        return texts.astype(np.int64)
    return texts


def encode(texts: Array, classes: Array) -> Array:
    """The index of each text in the sorted classes, which must contain all texts."""
    return np.searchsorted(classes, texts).astype(np.int32)

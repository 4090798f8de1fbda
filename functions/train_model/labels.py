"""Converts labels between files and models: files hold their texts, models learn their natural types."""

import re
from typing import Any

import numpy as np

from .canonical_text import canonical_text

Array = np.ndarray[Any, Any]
WHOLE_NUMBER = re.compile(r"0|-?[1-9]\d{0,17}")


def natural_labels(texts: Array) -> Array:
    """Labels as a model should learn them: as integers or booleans if all of them are, otherwise as texts."""
    classes = [str(text) for text in np.unique(texts)]
    if set(classes) <= {"true", "false"}:
        return np.asarray(texts == "true")
    if all(WHOLE_NUMBER.fullmatch(text) for text in classes):
        return texts.astype(np.int64)
    return texts


def label_texts(labels: Array) -> Array:
    """The canonical texts of labels or predictions; the inverse of `natural_labels`."""
    written, places = np.unique(labels.astype(np.str_), return_inverse=True)
    return np.array([canonical_text(text) for text in written.tolist()], dtype=np.str_)[places]


def encode(texts: Array, classes: Array) -> Array:
    """The index of each text in the sorted classes, which must contain all texts."""
    return np.searchsorted(classes, texts).astype(np.int32)

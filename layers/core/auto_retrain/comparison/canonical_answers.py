"""Predictions by the canonical texts of their values."""

from dataclasses import replace
from typing import Any

import numpy as np

from ..domain.canonical_text import canonical_text
from .predictions import Predictions

Array = np.ndarray[Any, Any]


def in_canonical_texts(answers: Predictions) -> Predictions:
    """The same answers, of an image that spells ids, classes or groups otherwise: that of another release, or your own.

    Classes that are one in two spellings become one, with the sum of their probabilities.
    """
    return replace(
        in_canonical_classes(answers),
        row_ids=_canonical(answers.row_ids),
        entities=None if answers.entities is None else _canonical(answers.entities),
        slices={name: _canonical(texts) for name, texts in answers.slices.items()},
    )


def in_canonical_classes(answers: Predictions) -> Predictions:
    """The same answers, of an image that may spell its classes otherwise."""
    if answers.classes is None:
        return answers
    classes, codes = np.unique(_canonical(answers.classes), return_inverse=True)
    scores = None
    if answers.scores is not None:
        scores = np.column_stack([answers.scores[:, codes == code].sum(axis=1) for code in range(classes.size)])
    labels, predictions = codes[answers.labels], codes[answers.predictions]
    return replace(answers, labels=labels, predictions=predictions, scores=scores, classes=classes)


def _canonical(texts: Array) -> Array:
    return np.array([canonical_text(text) for text in texts.tolist()], dtype=np.str_)

"""Which labels a classifier's answers stand for: by value, however it writes them."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from auto_retrain.domain.canonical_text import canonical_text

from .answers import AnswersRefused
from .labels import WHOLE_NUMBER, Array

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
# What becomes of a missing value among texts.
_MISSING = frozenset({"nan", "none", "nat", "<na>", ""})
MAX_EXAMPLE_LENGTH = 40


class KnownLabels:
    """Texts of labels, by value: 1, 1.0, True, "1" and Decimal("1.0") are the label 1 if no other label equals 1."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = frozenset(texts)
        spellings: dict[Decimal | None, list[str]] = {}
        for text in self.texts:
            spellings.setdefault(_value(text), []).append(text)
        spellings.pop(None, None)
        self._by_value = {value: texts[0] for value, texts in spellings.items() if len(texts) == 1}

    def text_of(self, answer: Any) -> str:
        """The text of the label that an answer stands for, or its own text if it is none of them."""
        text = _plain_text(answer)
        return text if text in self.texts else self._by_value.get(_value(text), text)


def classes_of(model: Any, labels: KnownLabels) -> Array | None:
    """The texts of a model's `classes_`, in their order; None if it has none.

    Raises AnswersRefused for classes that are missing or given twice, or of which none is a label of the rows.
    """
    given = getattr(model, "classes_", None)
    if given is None:
        return None
    column = np.asarray(given)
    if column.ndim != 1:
        raise AnswersRefused(f"classes_ of shape {column.shape} instead of one list")
    classes = [labels.text_of(value) for value in column]
    if pd.isna(column).any() or len(set(classes)) < len(classes):
        raise AnswersRefused(f"{len(classes)} classes_ of which some are missing or the same")
    if labels.texts.isdisjoint(classes):
        raise AnswersRefused(f"classes_ of type {column.dtype}, none of which is a label of the rows")
    return np.array(classes, dtype=np.str_)


def labels_answered(answers: Array, labels: KnownLabels, classes: Array | None) -> Array:
    """The text of the label that each answer stands for.

    A model with `classes_` answers these. One without them may know labels that none of the rows has, so such answers
    are wrong rather than refused, as long as they are like the labels and most of the answers are among them.

    Raises:
        AnswersRefused: answers are missing, or are no labels.
    """
    codes, distinct = pd.factorize(answers)
    known = labels if classes is None else KnownLabels([*labels.texts, *classes])
    texts = [known.text_of(answer) for answer in distinct]
    strange = np.array([text not in known.texts for text in texts], dtype=bool)
    missing = np.array([new and text.lower() in _MISSING for new, text in zip(strange, texts, strict=True)], dtype=bool)
    _refuse("no answer", codes < 0, answers)
    _refuse("no answer", missing[codes], answers)
    if classes is None and _mostly_known(strange[codes]):
        strange &= np.array([not _is_like(text, labels) for text in texts], dtype=bool)
    _refuse("an answer that is no known label", strange[codes], answers)
    predicted: Array = np.array(texts, dtype=np.str_)[codes]
    return predicted


def _refuse(what: str, rows: Array, answers: Array) -> None:
    if rows.any():
        example = str(answers[rows.argmax()])[:MAX_EXAMPLE_LENGTH]
        raise AnswersRefused(f"{what} for {np.count_nonzero(rows)} of {rows.size} rows, such as '{example}'")


def _mostly_known(strange: Array) -> bool:
    return bool(2 * np.count_nonzero(strange) <= strange.size)


def _is_like(text: str, labels: KnownLabels) -> bool:
    """Whether a text could be one more of the labels: a whole number where all of them are, anything among texts."""
    return bool(WHOLE_NUMBER.fullmatch(text)) or not all(WHOLE_NUMBER.fullmatch(label) for label in labels.texts)


def _plain_text(answer: Any) -> str:
    if isinstance(answer, bytes):
        return answer.decode(errors="replace")
    return answer if isinstance(answer, str) else canonical_text(str(answer))


def _value(text: str) -> Decimal | None:
    """The number that a text stands for, if any; truth values are 1 and 0."""
    if text.lower() in ("true", "false"):
        return Decimal(text.lower() == "true")
    return Decimal(text) if _NUMBER.fullmatch(text) else None

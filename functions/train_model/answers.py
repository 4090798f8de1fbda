"""The answers of a model as arrays: one for each row. What is not beyond doubt is refused."""

from typing import Any

import numpy as np
import pandas as pd

from .labels import MAX_NUMBER, Array

# Booleans, numbers, objects that may be numbers, and texts of numbers.
_NUMERIC_KINDS = frozenset("biufOU")


class AnswersRefused(Exception):
    """A model's answers cannot be measured; the message goes on from "version 2 gave"."""


def answers_of(given: Any, rows: pd.Index) -> Array:
    """One answer for each row, of whatever type the model gave them; raises AnswersRefused for another shape."""
    answers = as_array(given, rows)
    if answers.shape not in ((len(rows),), (len(rows), 1)):
        raise AnswersRefused(f"answers of shape {answers.shape} for {len(rows)} rows")
    return answers.reshape(len(rows))


def as_array(given: Any, rows: pd.Index) -> Array:
    """Whatever a model gave, without changing a value: what it masked is None.

    Raises AnswersRefused where the answers themselves say that they are in another order than the rows.
    """
    if isinstance(given, pd.Series | pd.DataFrame) and _is_shuffled(given.index, rows):
        raise AnswersRefused("answers whose index has the rows in another order")
    if np.ma.isMaskedArray(given):
        masked, given = np.ma.getmaskarray(given), np.ma.getdata(given).astype(object)
        given[masked] = None
    if hasattr(given, "toarray"):  # a sparse matrix
        given = given.toarray()
    # Otherwise numpy would make texts of everything in a list that has a text, even of NaN.
    return np.asarray(given, dtype=object if isinstance(given, list | tuple) else None)


def numbers_of(answers: Array) -> Array:
    """Answers as float64; raises AnswersRefused unless each is a finite number that can be measured."""
    numbers = as_numbers(answers)
    bad = np.count_nonzero(~(np.abs(numbers) <= MAX_NUMBER))
    if bad:
        raise AnswersRefused(f"{bad} of {numbers.size} answers that are not finite numbers of at most {MAX_NUMBER:g}")
    return numbers


def as_numbers(values: Array) -> Array:
    """Values as float64, with NaN for each that is no number; raises AnswersRefused if their type has none."""
    if values.dtype.kind not in _NUMERIC_KINDS:
        raise AnswersRefused(f"answers of type {values.dtype} instead of numbers")
    if values.dtype.kind in "OU":
        values = np.array([_number(value) for value in values.ravel()], np.float64).reshape(values.shape)
    return values.astype(np.float64)


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return np.nan


def _is_shuffled(index: pd.Index, rows: pd.Index) -> bool:
    return not index.equals(rows) and index.is_unique and len(index) == len(rows) and index.isin(rows).all()

"""The probabilities that a classifier gives: one for each row and class, each row summing to one."""

from typing import Any

import numpy as np
import pandas as pd

from .answers import AnswersRefused, as_array, as_numbers
from .known_labels import KnownLabels
from .labels import Array

# What half precision, or rounding to three digits, leaves: beyond doubt these are still probabilities.
MAX_ROUNDING = 1e-3
# The function that measures believes no more than this.
MAX_ERROR_OF_SUM = 1e-6


def probabilities_of(given: Any, rows: pd.Index, classes: Array) -> Array:
    """Probabilities as float64, shape (rows, classes); what rounding did to them is put right.

    Raises AnswersRefused for another shape, and for values that are no probabilities of these classes.
    """
    values = as_array(given, rows)
    if values.shape != (len(rows), classes.size):
        raise AnswersRefused(f"probabilities of shape {values.shape} for {classes.size} classes")
    if isinstance(given, pd.DataFrame) and _names_another_order(given.columns, classes.tolist()):
        raise AnswersRefused("probabilities whose columns are not in the order of its classes_")
    values = as_numbers(values)
    _refuse("NaN or infinite", np.any(~np.isfinite(values), axis=1))
    outside = np.any((values < -MAX_ROUNDING) | (values > 1 + MAX_ROUNDING), axis=1)
    _refuse(f"not between 0 and 1, but from {values.min():.4g} to {values.max():.4g},", outside)
    values = np.clip(values, 0, 1)
    sums = values.sum(axis=1, keepdims=True)
    error = np.abs(sums - 1)
    _refuse(f"not 1 together, but from {sums.min():.4g} to {sums.max():.4g},", error[:, 0] > MAX_ROUNDING)
    probabilities: Array = np.divide(values, sums, out=values, where=error > MAX_ERROR_OF_SUM / 2)
    return probabilities


def check_order(probabilities: Array, predicted: Array, classes: Array) -> None:
    """Raise AnswersRefused if the columns cannot be in the order of the classes.

    A decision may differ from the most probable class, where a threshold was chosen or errors cost something. But
    where several classes are answered and not one answer is the most probable one, the columns belong to others.
    """
    places = {text: place for place, text in enumerate(classes.tolist())}
    answered, inverse = np.unique(predicted, return_inverse=True)
    if not set(answered.tolist()) <= places.keys():
        raise AnswersRefused("answers that are none of its classes_, to which its probabilities belong")
    columns = np.array([places[text] for text in answered.tolist()])[inverse]
    of_answers = probabilities[np.arange(predicted.size), columns]
    if answered.size > 1 and not (of_answers == probabilities.max(axis=1)).any():
        rows = f"not in one of {predicted.size} rows is its answer the most probable class"
        raise AnswersRefused(f"probabilities that are not in the order of its classes_: {rows}")


def _names_another_order(columns: pd.Index, classes: list[str]) -> bool:
    known = KnownLabels(classes)
    names = [known.text_of(name) for name in columns]
    # Columns without names are numbered, which says nothing about classes that are numbers.
    return not isinstance(columns, pd.RangeIndex) and names != classes and set(names) == set(classes)


def _refuse(what: str, rows: Any) -> None:
    if rows.any():
        raise AnswersRefused(f"probabilities that are {what} in {np.count_nonzero(rows)} of {rows.size} rows")

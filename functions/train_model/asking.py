"""Asks a model, and understands its answers or refuses them: labels or numbers, and probabilities of classes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from .answers import answers_of, numbers_of
from .data import LabelledRows
from .known_labels import KnownLabels, classes_of, labels_answered
from .labels import Array
from .probabilities import check_order, probabilities_of


@dataclass(frozen=True)
class Predictions:
    """One version's predictions for all rows: texts of its `classes`, or numbers without classes.

    `scores` has one column for each class, `row_metric` one value for each row.
    """

    predicted: Array
    classes: Array | None = None
    scores: Array | None = None
    row_metric: Array | None = None


def ask(model: Any, frame: pd.DataFrame, rows: LabelledRows) -> Predictions:
    """A model's predictions for labelled rows; without `classes_` its classes are those that it answered.

    Raises AnswersRefused where it is in doubt what the answers mean.
    """
    answers = answers_of(model.predict(_own(frame)), frame.index)
    if rows.are_numbers:
        return Predictions(numbers_of(answers))
    labels = KnownLabels(rows.distinct_labels.tolist())
    classes = classes_of(model, labels)
    predicted = labels_answered(answers, labels, classes)
    if classes is None:
        return Predictions(predicted, np.unique(predicted))
    return Predictions(predicted, classes, _probabilities(model, frame, predicted, classes))


def _probabilities(model: Any, frame: pd.DataFrame, predicted: Array, classes: Array) -> Array | None:
    if not hasattr(model, "predict_proba"):
        return None
    try:
        given = model.predict_proba(_own(frame))
    except NotImplementedError:
        return None  # the way to say that there are none
    probabilities = probabilities_of(given, frame.index, classes)
    check_order(probabilities, predicted, classes)
    return probabilities


def _own(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame that a model may change: pandas copies what it changes."""
    return frame.copy(deep=False)

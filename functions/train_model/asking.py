"""Asks a model, and understands its answers or refuses them: labels or numbers, and probabilities of classes."""

from dataclasses import dataclass, replace
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
    """A model's predictions for labelled rows; raises AnswersRefused where it is in doubt what they mean."""
    predictions = ask_without_probabilities(model, frame, rows)
    if predictions.classes is None or not (hasattr(model, "classes_") and hasattr(model, "predict_proba")):
        return predictions
    try:
        given = model.predict_proba(frame.copy())
    except NotImplementedError:
        return predictions  # the way to say that there are none
    scores = probabilities_of(given, frame.index, predictions.classes)
    check_order(scores, predictions.predicted, predictions.classes)
    return replace(predictions, scores=scores)


def ask_without_probabilities(model: Any, frame: pd.DataFrame, rows: LabelledRows) -> Predictions:
    """The same from `predict` alone; without `classes_` the classes are those that were answered."""
    # A model may change its frame, so that each question needs one of its own.
    answers = answers_of(model.predict(frame.copy()), frame.index)
    if rows.are_numbers:
        return Predictions(numbers_of(answers))
    labels = KnownLabels(np.unique(rows.labels).tolist())
    classes = classes_of(model, labels)
    predicted = labels_answered(answers, labels, classes)
    return Predictions(predicted, np.unique(predicted) if classes is None else classes)

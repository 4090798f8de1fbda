"""Classification metrics counted from labels and predictions."""

from typing import Any, NamedTuple

import numpy as np

Codes = np.ndarray[Any, np.dtype[np.integer[Any]]]


class ClassificationScores(NamedTuple):
    """Each between 0 and 1."""

    accuracy: float
    precision: float
    recall: float
    f1_score: float


def score_classification(
    labels: Codes, predictions: Codes, n_classes: int, positive: int | None
) -> ClassificationScores:
    """Scores of predicted class codes (shape n) against true ones; codes lie in [0, n_classes).

    With a positive class, precision = TP/(TP+FP), recall = TP/(TP+FN) and F1 = 2TP/(2TP+FP+FN) are its own; without,
    they are means over the classes that occur among labels or predictions (macro average). A ratio without any case
    is 0. Source: scikit-learn's definitions with `zero_division=0`.
    """
    right = labels == predictions
    true_positives = np.bincount(labels[right], minlength=n_classes).astype(float)
    actual = np.bincount(labels, minlength=n_classes).astype(float)
    predicted = np.bincount(predictions, minlength=n_classes).astype(float)
    present = (actual + predicted > 0) if positive is None else np.arange(n_classes) == positive
    return ClassificationScores(
        accuracy=float(right.mean()),
        precision=_mean_ratio(true_positives[present], predicted[present]),
        recall=_mean_ratio(true_positives[present], actual[present]),
        f1_score=_mean_ratio(2 * true_positives[present], (actual + predicted)[present]),
    )


def _mean_ratio(part: np.ndarray[Any, Any], whole: np.ndarray[Any, Any]) -> float:
    ratios = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
    return float(ratios.mean())

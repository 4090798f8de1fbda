"""Metrics of predicted classes, from sums over rows; rows may be summed in groups and drawn again."""

from typing import Any

import numpy as np

from .resampling import Sample

Array = np.ndarray[Any, Any]


def class_sums(labels: Array, predictions: Array, n_classes: int, sample: Sample) -> Array:
    """Right, actual and predicted rows of each class by group, shape (groups, 3 · classes); codes in [0, n_classes)."""
    right = sample.counts(labels, n_classes, (labels == predictions).astype(float))
    return np.hstack([right, sample.counts(labels, n_classes), sample.counts(predictions, n_classes)])


def class_scores(sums: Array, positive: int | None) -> dict[str, Array]:
    """Metrics of one or many sets of sums, shape (..., 3 · classes), by name and of shape (...).

    With a positive class, precision = TP/(TP+FP), recall = TP/(TP+FN) and F1 = 2TP/(2TP+FP+FN) are its own; without,
    they are the macro averages: means over the classes that occur among labels or predictions. Weighted averages
    weight classes by their actual rows. Balanced accuracy is the mean recall of the classes that occur among labels.
    A ratio whose denominator is 0 is 0. Source: scikit-learn's definitions with `zero_division=0`.
    """
    right, actual, predicted = np.split(sums, 3, axis=-1)
    precision, recall = _ratio(right, predicted), _ratio(right, actual)
    f1_score = _ratio(2 * right, actual + predicted)
    rows = actual.sum(axis=-1)
    scores = {"accuracy": _ratio(right.sum(axis=-1), rows), "balanced_accuracy": _mean(recall, actual > 0)}
    for name, by_class in (("precision", precision), ("recall", recall), ("f1", f1_score)):
        macro = _mean(by_class, actual + predicted > 0)
        scores["f1_score" if name == "f1" else name] = macro if positive is None else by_class[..., positive]
        scores[f"{name}_macro"] = macro
        scores[f"{name}_weighted"] = _ratio((by_class * actual).sum(axis=-1), rows)
    return scores


def confusion_matrix(labels: Array, predictions: Array, n_classes: int) -> Array:
    """Rows by actual class (first axis) and predicted class (second axis)."""
    return np.bincount(labels * n_classes + predictions, minlength=n_classes**2).reshape(n_classes, n_classes)


def _ratio(part: Array, whole: Array) -> Array:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _mean(values: Array, counted: Array) -> Array:
    return _ratio(np.where(counted, values, 0.0).sum(axis=-1), counted.sum(axis=-1).astype(float))

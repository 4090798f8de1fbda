"""Metrics of predicted numbers, from sums over rows."""

from typing import Any

import numpy as np

from .resampling import Sample

Array = np.ndarray[Any, Any]


def regression_sums(labels: Array, predictions: Array, sample: Sample, origin: float | None = None) -> Array:
    """Sums by group that the metrics are made of, shape (groups, 5); labels and predictions in one unit.

    R² does not depend on the origin. Close to the mean, which it is unless parts of the rows need a common one, squares
    lose no digits.
    """
    centred, errors = labels - (labels.mean() if origin is None else origin), labels - predictions
    return sample.sums(np.ones(labels.size), np.abs(errors), errors**2, centred, centred**2)


def regression_scores(sums: Array) -> dict[str, Array]:
    """Metrics of one or many sets of sums, shape (..., 5), by name and of shape (...).

    RMSE and MAE are in the unit of the label; R² = 1 - sum of squared errors / sum of squares about the mean, and
    minus infinity where the labels are all the same. Source: scikit-learn's definitions.
    """
    rows, absolute, squared, total, squares = np.moveaxis(sums, -1, 0)
    about_mean = squares - total**2 / rows
    unexplained = np.divide(squared, about_mean, out=np.full_like(squared, np.inf), where=about_mean > 0)
    return {"rmse": np.sqrt(squared / rows), "mae": absolute / rows, "r2": 1 - unexplained}

"""Metrics of predicted probabilities that are means over rows: how good they are, and how well calibrated."""

from typing import Any

import numpy as np

from .resampling import Sample

Array = np.ndarray[Any, Any]

# Of equal width between 0 and 1.
CALIBRATION_BINS = 10


def probability_sums(labels: Array, scores: Array, positive: int | None, sample: Sample) -> Array:
    """Sums by group that the metrics are made of, shape (groups, 3 + 3 · bins).

    `scores` are probabilities, shape (rows, classes); `labels` are codes of the classes. With a positive class, Brier
    score and calibration are about its probability; without, about all classes and about the most probable one.
    """
    rows = np.arange(labels.size)
    smallest = np.finfo(float).eps
    surprise = -np.log(np.clip(scores[rows, labels], smallest, 1 - smallest))
    claimed, came_true = _claims(labels, scores, positive)
    bins = _bins_of(claimed)
    parts = (sample.counts(bins, CALIBRATION_BINS, column) for column in (None, claimed, came_true))
    means = sample.sums(np.ones(labels.size), surprise, _squares(labels, scores, positive))
    return np.hstack([means, *parts])


def probability_scores(sums: Array) -> dict[str, Array]:
    """Metrics of one or many sets of sums, shape (..., 3 + 3 · bins), by name and of shape (...).

    Log loss: mean of -log of the actual class's probability, clipped to the precision of a float. Brier score: mean
    squared difference between probability and outcome; without a positive class, summed over the classes. Source of
    both: scikit-learn's definitions. Calibration error: mean over ten bins of equal width of the distance between
    claimed probability and frequency, weighted by rows. Source: M. Naeini, G. Cooper, M. Hauskrecht, "Obtaining well
    calibrated probabilities using Bayesian binning", AAAI (2015).
    """
    rows = sums[..., 0]
    _, claimed, came_true = np.split(sums[..., 3:], 3, axis=-1)
    return {
        "log_loss": sums[..., 1] / rows,
        "brier_score": sums[..., 2] / rows,
        "calibration_error": np.abs(claimed - came_true).sum(axis=-1) / rows,
    }


def calibration_curve(labels: Array, scores: Array, positive: int | None) -> list[tuple[float, float, int]]:
    """Mean claimed probability, frequency with which it came true, and rows, of each bin that is not empty."""
    claimed, came_true = _claims(labels, scores, positive)
    bins = _bins_of(claimed)
    rows, claims, hits = (np.bincount(bins, column, CALIBRATION_BINS) for column in (None, claimed, came_true))
    return [(float(claims[k] / rows[k]), float(hits[k] / rows[k]), int(rows[k])) for k in np.flatnonzero(rows)]


def _claims(labels: Array, scores: Array, positive: int | None) -> tuple[Array, Array]:
    """The probability that counts in each row, and whether it came true."""
    if positive is not None:
        return scores[:, positive], (labels == positive).astype(float)
    most_probable = scores.argmax(axis=1)
    return scores[np.arange(labels.size), most_probable], (labels == most_probable).astype(float)


def _squares(labels: Array, scores: Array, positive: int | None) -> Array:
    if positive is not None:
        squares: Array = (scores[:, positive] - (labels == positive)) ** 2
        return squares
    actual = scores[np.arange(labels.size), labels]
    all_classes: Array = (scores**2).sum(axis=1) - 2 * actual + 1
    return all_classes


def _bins_of(claimed: Array) -> Array:
    edges = np.linspace(0, 1, CALIBRATION_BINS + 1)[1:-1]
    return np.searchsorted(edges, claimed)

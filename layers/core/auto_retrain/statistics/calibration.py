"""Chances from scores: how often what a score says came true on rows that are labelled."""

from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]

# A group has one percent of the rows: fine enough for any curve, and a window of a million rows is as quick as one.
MAX_GROUPS = 100
MIN_ROWS_OF_GROUP = 10
FOLDS = 5
# Of equal count.
ERROR_BINS = 10


class Calibration(NamedTuple):
    """The chance of each group of scores; `is_fitted` says whether they were fitted, or are the scores themselves.

    The errors are those of rows that the fit had not seen: of the scores as they are, and of fitted chances.
    """

    chances: Array
    is_fitted: bool
    raw_error: float
    fitted_error: float

    @property
    def error(self) -> float:
        """How far the chances in use are from what came true."""
        return self.fitted_error if self.is_fitted else self.raw_error


def edges_of(values: Array) -> Array:
    """Where groups of about equal size begin, the first of them left out; equal values are in one group."""
    groups = min(max(values.size // MIN_ROWS_OF_GROUP, 1), MAX_GROUPS)
    edges = np.unique(np.quantile(values, np.arange(1, groups) / groups, method="higher"))
    inner: Array = edges[edges > values.min()]
    return inner


def groups_of(values: Array, edges: Array) -> Array:
    """The group of each value, from 0: how many edges do not exceed it."""
    places: Array = np.searchsorted(edges, values, side="right")
    return places


def calibrate(scores: Array, came_true: Array, edges: Array, seed: int = 0) -> Calibration:
    """Chances by isotonic regression, if they are closer to what came true than the scores themselves.

    `scores` are claimed probabilities, `came_true` booleans, both of shape (rows,). Which of the two is closer is
    measured on rows that were left out, five times a fifth of either kind. Source: B. Zadrozny and C. Elkan,
    "Transforming classifier scores into accurate multiclass probability estimates", KDD (2002); only if it helps:
    NannyML's CBPE.
    """
    places, n_groups = groups_of(scores, edges), edges.size + 1
    raw = np.bincount(places, scores, n_groups) / np.bincount(places, minlength=n_groups)
    folds = _folds(came_true, seed)
    left_out = np.empty(scores.size)
    for fold in range(FOLDS):
        seen = folds != fold
        left_out[~seen] = _fit(places[seen], came_true[seen], n_groups)[places[~seen]]
    raw_error = calibration_error(raw[places], came_true)
    fitted_error = calibration_error(left_out, came_true)
    is_fitted = fitted_error < raw_error
    return Calibration(_fit(places, came_true, n_groups) if is_fitted else raw, is_fitted, raw_error, fitted_error)


def calibration_error(chances: Array, came_true: Array) -> float:
    """Mean over ten bins of equal count of the distance between mean chance and frequency, weighted by rows.

    Source: M. Naeini, G. Cooper, M. Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning",
    AAAI (2015).
    """
    excess = (chances - came_true)[np.argsort(chances, kind="stable")]
    return float(sum(abs(part.sum()) for part in np.array_split(excess, ERROR_BINS)) / excess.size)


def _folds(came_true: Array, seed: int) -> Array:
    """The fold of each row: each has the same share of what came true."""
    random, folds = np.random.default_rng(seed), np.empty(came_true.size, int)
    for kind in (came_true, ~came_true):
        folds[kind] = random.permutation(np.count_nonzero(kind)) % FOLDS
    return folds


def _fit(places: Array, came_true: Array, n_groups: int) -> Array:
    """A chance for each group that never falls from one to the next; a group without rows is between its neighbours."""
    # A fifth of a second, which a function that fits nothing need not wait for.
    from scipy.optimize import isotonic_regression

    rows, hits = np.bincount(places, minlength=n_groups), np.bincount(places, came_true, n_groups)
    known = np.flatnonzero(rows)
    fitted = isotonic_regression(hits[known] / rows[known], weights=rows[known].astype(float)).x
    chances: Array = np.interp(np.arange(n_groups), known, fitted)
    return chances

"""Chances from scores: how often what a score says came true on rows that are labelled."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

# A group has one percent of the rows: fine enough for any curve, and a window of a million rows is as quick as one.
MAX_GROUPS = 100
MIN_ROWS_OF_GROUP = 10
ERROR_BINS = 10


def edges_of(values: Array) -> Array:
    """Where groups of about equal size begin, the first of them left out; equal values are in one group.

    An edge is midway between two values that occur, so that one which is written with fewer digits keeps its group.
    """
    groups = min(max(values.size // MIN_ROWS_OF_GROUP, 1), MAX_GROUPS)
    ordered = np.sort(values)
    first = np.unique(np.quantile(ordered, np.arange(1, groups) / groups, method="higher"))
    first = first[first > ordered[0]]
    return np.array([midway(ordered[place - 1], ordered[place]) for place in np.searchsorted(ordered, first)])


def midway(lower: float, higher: float) -> float:
    """Between two numbers, and above the lower one however close they are."""
    middle = lower / 2 + higher / 2
    return float(middle if middle > lower else higher)


def groups_of(values: Array, edges: Array) -> Array:
    """The group of each value, from 0: how many edges do not exceed it."""
    places: Array = np.searchsorted(edges, values, side="right")
    return places


def fit_chances(places: Array, came_true: Array) -> Array:
    """A chance for each group that never falls from one to the next: isotonic regression of what came true.

    `places` are the groups of the rows, none of which is empty, and `came_true` booleans. Source: B. Zadrozny and C.
    Elkan, "Transforming classifier scores into accurate multiclass probability estimates", KDD (2002).
    """
    # A fifth of a second, which a function that fits nothing need not wait for.
    from scipy.optimize import isotonic_regression

    rows = np.bincount(places).astype(float)
    chances: Array = isotonic_regression(np.bincount(places, came_true) / rows, weights=rows).x
    return chances


def calibration_error(scores: Array, came_true: Array) -> float:
    """Mean over ten bins of about equal count of the distance between mean score and frequency, weighted by rows.

    Rows with the same score are in one bin, that of the middle one, whatever their order. Source: M. Naeini, G. Cooper,
    M. Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", AAAI (2015).
    """
    _, step, rows = np.unique(scores, return_inverse=True, return_counts=True)
    bins = ((np.cumsum(rows) - rows / 2) * ERROR_BINS / scores.size).astype(int)
    excess = np.bincount(bins, np.bincount(step, scores - came_true))
    return float(np.abs(excess).sum() / scores.size)

"""How much one feature reveals about the label."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

MIN_ROWS_OF_A_VALUE = 10
UNSEEN_ERRORS = 0.5
BINS, MIN_ROWS_OF_A_BIN = 50, 40
# Cells of a table of rows by classes; a bin that needs more is not cut.
MAX_CELLS = 5_000_000


def separation_of_classes(values: Array, labels: Array) -> float:
    """Share of the errors of always answering the largest class that are avoided by answering each value's largest.

    `values` and `labels` are codes from 0, of the same shape. Values of few rows are taken together: each alone would
    seem to know its own rows' labels. Half a row counts as wrong besides those that are: that a few rows are answered
    without error says little of the next ones. Source: the lambda of L. Goodman and W. Kruskal, "Measures of
    association for cross classifications", JASA 49 (1954).
    """
    table = np.zeros((int(values.max()) + 1, int(labels.max()) + 1))
    np.add.at(table, (values, labels), 1)
    many = table.sum(axis=1) >= MIN_ROWS_OF_A_VALUE
    table = np.vstack([table[many], table[~many].sum(axis=0)])
    base = table.sum(axis=0).max()
    rows = table.sum()
    avoided = table.max(axis=1).sum() - base - UNSEEN_ERRORS
    return max(0.0, float(avoided / (rows - base))) if rows > base else 0.0


def separation_of_numbers(values: Array, labels: Array) -> float:
    """Share of the labels' variance that lies between the values (eta squared); values are codes from 0.

    Values of few rows are taken together. Source: K. Pearson, "On the general theory of skew correlation" (1905).
    """
    rows = np.bincount(values)
    codes = np.where(rows >= MIN_ROWS_OF_A_VALUE, np.arange(rows.size), rows.size)[values]
    counts, sums = np.bincount(codes), np.bincount(codes, labels - labels.mean())
    total = float(((labels - labels.mean()) ** 2).sum())
    kept = counts > 0
    between = float((sums[kept] ** 2 / counts[kept]).sum())
    return between / total if total > 0 else 0.0


def quantile_codes(numbers: Array) -> Array:
    """Numbers as codes of up to fifty bins with equal shares, fewer for few rows; code 0 is that of missing values."""
    finite = numbers[np.isfinite(numbers)]
    if finite.size == 0:
        return np.zeros(numbers.size, dtype=int)
    bins = min(BINS, max(1, finite.size // MIN_ROWS_OF_A_BIN))
    edges = np.unique(np.quantile(finite, np.linspace(0, 1, bins + 1)[1:-1]))
    codes: Array = np.where(np.isnan(numbers), 0, 1 + np.searchsorted(edges, numbers))
    return codes


def codes_cut_by_classes(numbers: Array, labels: Array) -> Array:
    """Codes of `quantile_codes`, with each bin cut in two where that tells most about the classes.

    So a label that is a threshold of the feature is seen wherever the threshold lies, and those of several thresholds
    unless two of them lie in one bin.
    """
    return _cut(numbers, labels, _right_by_classes)


def codes_cut_by_numbers(numbers: Array, labels: Array) -> Array:
    """Codes of `quantile_codes`, with each bin cut in two where that explains most of the labels' variance."""
    return _cut(numbers, labels, _explained_by_numbers)


def _cut(numbers: Array, labels: Array, gains_of: Callable[[Array], Array]) -> Array:
    codes = quantile_codes(numbers)
    order = np.lexsort((numbers, codes))
    bounds = np.searchsorted(codes[order], np.arange(1, codes.max(initial=0) + 2))
    refined = 2 * codes
    for start, end in pairwise(bounds):
        rows = order[start:end]
        # Not by differences: infinite numbers have none.
        places = np.flatnonzero(numbers[rows[1:]] > numbers[rows[:-1]])
        if places.size:
            gains = gains_of(labels[rows])
            best = places[np.argmax(gains[places])]
            # A cut behind the last row leaves the bin whole.
            if gains[best] > gains[-1]:
                refined[rows[best + 1 :]] += 1
    return refined


def _right_by_classes(labels: Array) -> Array:
    """Rows of the largest class on either side, for a cut behind each row."""
    classes, codes = np.unique(labels, return_inverse=True)
    if labels.size * classes.size > MAX_CELLS:
        return np.zeros(labels.size)
    left = np.cumsum(codes[:, None] == np.arange(classes.size), axis=0)
    right: Array = left.max(axis=1) + (left[-1] - left).max(axis=1)
    return right


def _explained_by_numbers(labels: Array) -> Array:
    """Sum of squares between the two sides, for a cut behind each row."""
    sums, counts = np.cumsum(labels - labels.mean()), np.arange(1, labels.size + 1)
    explained: Array = sums**2 / counts + sums**2 / np.maximum(labels.size - counts, 1)
    return explained

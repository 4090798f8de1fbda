"""Rankings from counts of rows by score, which may be added: for rows that are too many to be sorted at once.

Scores are probabilities. Rows whose scores fall into one cell count as ties, which moves an area under the ROC curve by
at most half the sum over the cells of (share of the positive rows) · (share of the negative rows).
"""

from typing import Any

import numpy as np

from .ranking import LEVELS, Auc, unbiased

Array = np.ndarray[Any, Any]

# Below this, all scores are one cell, and so are those above one less it.
_LEAST_EXPONENT = -40
_MANTISSA_BITS = 52


class Cells:
    """Cells of scores, in the order of the scores: each is a share of 2^-bits of the distance to 0 or 1."""

    def __init__(self, bits: int) -> None:
        self._shift = np.uint64(_MANTISSA_BITS - bits)
        self._first = np.array([2.0**_LEAST_EXPONENT]).view(np.uint64)[0] >> self._shift
        self._half = int((np.array([0.5]).view(np.uint64)[0] >> self._shift) - self._first) + 1
        self.number = 2 * self._half + 1

    def of(self, scores: Array) -> Array:
        """The cell of each score, from 0."""
        nearer = np.minimum(scores, 1 - scores)
        # The bits of a positive float are in its order.
        bits = np.ascontiguousarray(nearer).view(np.uint64) >> self._shift
        places = np.where(nearer < 2.0**_LEAST_EXPONENT, 0, (bits - self._first + np.uint64(1)).astype(np.int64))
        cells: Array = np.where(scores < 0.5, places, 2 * self._half - places)
        return cells


def levels_of(positive: Array, scores: Array, most: int = 2 * LEVELS) -> Array:
    """Where to divide scores, as negative scores so that the best come first: all, or quantiles of either kind.

    `positive` (booleans) and `scores` have shape (rows,), and are a sample of all rows.
    """
    levels = np.unique(-scores)
    if levels.size <= most:
        return levels
    shares = np.linspace(0, 1, most // 2 + 1)[1:]
    kinds = [-scores[positive], -scores[~positive]]
    quantiles = [np.quantile(kind, shares, method="higher") for kind in kinds if kind.size]
    return np.unique(np.concatenate(quantiles))


def area_of_counts(positive: Array, negative: Array) -> float:
    """Area under the ROC curve from rows by cell, best first; ties within a cell count half."""
    below = negative.sum() - np.cumsum(negative)
    return float((positive * (below + negative / 2)).sum() / (positive.sum() * negative.sum()))


def largest_error(positive: Array, negative: Array) -> float:
    """How far the area of rows in cells can be from that of their exact scores."""
    return float((positive / positive.sum()) @ (negative / negative.sum()) / 2)


def grouped_area(value: float, positive: Array, negative: Array) -> Auc:
    """An area of the given value, with the pull of each group of rows on it.

    `positive` and `negative` are rows by group and level, best first, shape (groups, levels). The pulls are sums of
    those of `roc_auc`, with ties in a level counting half, and sum to 0.
    """
    hits, misses = positive.sum(axis=0), negative.sum(axis=0)
    m, n = float(hits.sum()), float(misses.sum())
    outranked = (misses.sum() - np.cumsum(misses) + misses / 2) / n
    outranking = (np.cumsum(hits) - hits / 2) / m
    middle = float(hits @ outranked) / m
    pulls = positive @ (outranked - middle) * (unbiased(int(m)) / m)
    pulls += negative @ (outranking - middle) * (unbiased(int(n)) / n)
    return Auc(value, pulls, (int(m), int(n)))

"""Rankings from counts of rows by score, which may be added: for rows that are too many to be sorted at once.

Scores are probabilities. Rows whose scores fall into one cell count as ties, which moves an area under the ROC curve by
at most half the sum over the cells of (share of the positive rows) · (share of the negative rows).
"""

from typing import Any

import numpy as np

from .cells import Cells, coarser
from .ranking import LEVELS, Auc, unbiased

Array = np.ndarray[Any, Any]

_LAST = np.uint64((1 << 63) - 1)
# A larger table does not fit into the cache of a processor.
_BITS_OF_TABLE = 15
_SEARCHED = -1


def keys_of(scores: Array) -> Array:
    """The bits of each score's distance to 0 or 1, in the order of the scores: cells are narrow near both ends.

    Scores that differ have different keys.
    """
    # A column of a matrix is read once; the rest happens in the copy.
    distances = scores.copy()
    is_high = distances >= 0.5
    np.subtract(1, distances, out=distances, where=is_high)
    # The bits of a positive float are in its order; -0 is 0.
    keys: Array = np.abs(distances, out=distances).view(np.uint64)
    return np.subtract(_LAST, keys, out=keys, where=is_high)


class ScoreLevels:
    """Where to divide scores, with what finds the level of each: a table of the first bits of the levels' keys.

    `levels` are sorted negative scores, at least one, so that the best come first. A table takes a tenth of the time of
    a search among them, with the same result.
    """

    def __init__(self, levels: Array) -> None:
        self.number = levels.size + 1
        self._keys = keys_of(-levels)[::-1].copy()
        lowest, highest = int(self._keys[0]), int(self._keys[-1])
        self._shift = max((highest - lowest).bit_length() - _BITS_OF_TABLE, 0)
        self._ends = np.array([lowest, highest], np.uint64) >> np.uint64(self._shift)
        places = self._place(self._keys)
        in_cell = np.bincount(places)
        # Of a cell with one level: how many levels are above it, and its own, which may be above a score or not.
        self._above = levels.size - np.cumsum(in_cell)
        self._own = np.zeros(in_cell.size, np.uint64)
        self._own[places] = self._keys
        is_shared = in_cell > 1
        self._above[is_shared], self._own[is_shared] = _SEARCHED, 0

    def of(self, keys: Array) -> Array:
        """The level of each score, whose keys are given: how many levels are scores above it."""
        cells = self._place(keys)
        levels: Array = self._above[cells] + (self._own[cells] > keys)
        searched = np.flatnonzero(levels == _SEARCHED)
        levels[searched] = self._keys.size - np.searchsorted(self._keys, keys[searched], side="right")
        return levels

    def _place(self, keys: Array) -> Array:
        first, last = self._ends
        cells: Array = (np.clip(keys >> np.uint64(self._shift), first, last) - first).view(np.int64)
        return cells


def rows_by_cell(positive: Cells, negative: Cells) -> Array:
    """Rows of either kind in cells that both have in common, best first, shape (2, cells)."""
    shift = max(positive.shift, negative.shift)
    kinds = coarser(positive, shift), coarser(negative, shift)
    # With an inverse, numpy sorts; without one it takes a table of hashes, ten times as long here.
    firsts, places = np.unique(np.concatenate([kind.firsts for kind in kinds]), return_inverse=True)
    of_kinds = np.split(places, [kinds[0].firsts.size])
    counted = [np.bincount(of_kind, kind.rows, firsts.size) for of_kind, kind in zip(of_kinds, kinds, strict=True)]
    best_first: Array = np.array(counted)[:, ::-1]
    return best_first


def levels_of(positive: Array, scores: Array, most: int = 2 * LEVELS) -> Array:
    """Where to divide scores, as negative scores so that the best come first: all, or quantiles of either kind.

    `positive` (booleans) and `scores` have shape (rows,), and are a sample of all rows.
    """
    levels = np.unique(-scores)
    if levels.size <= most:
        return levels
    kinds = [-scores[positive], -scores[~positive]]
    return np.unique(np.concatenate([_levels_of_kind(kind, most // 2) for kind in kinds]))


def _levels_of_kind(scores: Array, most: int) -> Array:
    """All that differ where they are few, as every one of few positive rows counts; else quantiles."""
    levels = np.unique(scores)
    if levels.size <= most:
        return levels
    quantiles: Array = np.quantile(scores, np.linspace(0, 1, most + 1)[1:], method="higher")
    return quantiles


def area_of_counts(positive: Array, negative: Array) -> float:
    """Area under the ROC curve from rows by cell, best first; ties within a cell count half."""
    below = negative.sum() - np.cumsum(negative)
    return float((positive * (below + negative / 2)).sum() / (positive.sum() * negative.sum()))


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

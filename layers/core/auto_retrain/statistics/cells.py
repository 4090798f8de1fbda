"""Histograms of numbers whose cells are cut in the same places by everyone, so that those of several parts add up.

A cell is all floats whose first bits agree, in an order of the bits that is that of the numbers. There are as many bits
as leave few enough cells: columns with few different numbers keep each of them apart.
"""

from typing import Any, NamedTuple

import numpy as np

from .stability import N_BINS

MAX_CELLS = 8192
_SIGN = np.uint64(1 << 63)
_LARGEST = np.finfo(np.float64).max

Array = np.ndarray[Any, Any]


class Cells(NamedTuple):
    """Rows by cell: the first bits of each cell, in order, without its last `shift` bits, and its rows.

    Infinite and missing values are counted apart.
    """

    shift: int
    firsts: Array
    rows: Array
    lowest: int = 0
    highest: int = 0
    missing: int = 0


NO_CELLS = Cells(0, np.empty(0, np.uint64), np.empty(0, np.int64))


def count_cells(values: Array) -> Cells:
    """The cells of some numbers, as fine as there may be."""
    finite = values[np.isfinite(values)]
    firsts, rows = np.unique(_keys(finite), return_counts=True)
    lowest, highest = (int(np.count_nonzero(values == end)) for end in (-np.inf, np.inf))
    missing = values.size - finite.size - lowest - highest
    return _few_enough(Cells(0, firsts, rows.astype(np.int64), lowest, highest, missing), MAX_CELLS)


def add_keys(cells: Cells, keys: Array, most: int) -> Cells:
    """With rows that are given as the bits by which they are ordered (unsigned), in at most so many cells."""
    return add_cells(cells, Cells(cells.shift, *_counted(keys >> np.uint64(cells.shift))), most)


def add_cells(one: Cells, other: Cells, most: int | None = None) -> Cells:
    """The cells of both; in which order they are added makes no difference."""
    shift = max(one.shift, other.shift)
    pair = coarser(one, shift), coarser(other, shift)
    firsts, rows = _added(np.concatenate([each.firsts for each in pair]), np.concatenate([each.rows for each in pair]))
    ends = (one.lowest + other.lowest, one.highest + other.highest, one.missing + other.missing)
    return _few_enough(Cells(shift, firsts, rows, *ends), most or MAX_CELLS)


def coarser(cells: Cells, shift: int) -> Cells:
    """The same rows in cells of fewer bits."""
    if shift == cells.shift:
        return cells
    firsts, rows = _added(cells.firsts >> np.uint64(shift - cells.shift), cells.rows)
    return cells._replace(shift=shift, firsts=firsts, rows=rows)


def edges_of_cells(cells: Cells) -> Array:
    """The inner edges of about ten bins with equal shares of the finite values, as `decile_edges` finds them.

    They lie between cells, and a cell that spans whole deciles gets a bin of its own.
    """
    total = np.cumsum(cells.rows)
    if not total.size:
        return np.empty(0)
    # The places of numpy's inverted_cdf, rounding included.
    ranks = np.maximum(np.ceil(int(total[-1]) * np.linspace(0, 1, N_BINS + 1) - 1), 0)
    deciles = np.searchsorted(total, ranks, side="right")
    tied = deciles[1:][deciles[1:] == deciles[:-1]]
    return np.unique(np.concatenate([_ends(cells)[deciles[1:-1]], _before(cells, tied)]))


def count_in_bins(cells: Cells, edges: Array) -> tuple[int, ...]:
    """Rows per bin and, last, of missing values; exact for edges of cells that are not finer than these."""
    ends = np.searchsorted(_ends(cells), edges, side="right")
    total = np.concatenate([[0], np.cumsum(cells.rows)])
    bounds = [0, *(total[ends] + cells.lowest), int(total[-1]) + cells.lowest + cells.highest]
    return (*map(int, np.diff(bounds)), cells.missing)


def _keys(finite: Array) -> Array:
    """The bits of finite numbers, in the order of the numbers; both zeros are the same."""
    bits = np.ascontiguousarray(finite, np.float64).view(np.uint64)
    keys: Array = np.where(bits & _SIGN, ~bits + np.uint64(1), bits | _SIGN)
    return keys


def _numbers(keys: Array) -> Array:
    bits = np.where(keys & _SIGN, keys ^ _SIGN, ~keys + np.uint64(1))
    return bits.view(np.float64)


def _ends(cells: Cells) -> Array:
    """The largest finite number of each cell."""
    last = np.uint64((1 << cells.shift) - 1)
    keys = (cells.firsts << np.uint64(cells.shift)) | last
    return _numbers(np.minimum(keys, _keys(np.array([_LARGEST]))))


def _before(cells: Cells, places: Array) -> Array:
    """The largest finite number below each of some cells, if there is one."""
    firsts = cells.firsts[places] << np.uint64(cells.shift)
    return _numbers(firsts[firsts > _keys(np.array([-_LARGEST]))] - np.uint64(1))


def _few_enough(cells: Cells, most: int) -> Cells:
    if cells.firsts.size <= most:
        return cells
    # Neighbours stay apart as long as a bit in which they differ is left.
    differing = np.partition(cells.firsts[1:] ^ cells.firsts[:-1], -most)
    return coarser(cells, cells.shift + int(differing[-most]).bit_length())


def _counted(firsts: Array) -> tuple[Array, Array]:
    """Each cell once, with the number of its rows."""
    if not firsts.size:
        return firsts, np.empty(0, np.int64)
    lowest = firsts.min()
    if int(firsts.max() - lowest) > firsts.size:
        cells, rows = np.unique(firsts, return_counts=True)
        return cells, rows.astype(np.int64)
    # Close to each other, they are counted in a fraction of the time.
    rows = np.bincount((firsts - lowest).view(np.int64))
    cells = np.flatnonzero(rows)
    return cells.view(np.uint64) + lowest, rows[cells]


def _added(firsts: Array, rows: Array) -> tuple[Array, Array]:
    """Each cell once, with all its rows."""
    order = np.argsort(firsts, kind="stable")
    ordered = firsts[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])[: ordered.size])
    return ordered[starts], np.add.reduceat(rows[order], starts) if starts.size else rows

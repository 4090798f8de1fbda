"""Histograms of numbers whose cells are cut in the same places by everyone, so that those of several parts add up.

A cell is all floats whose first bits agree, in an order of the bits that is that of the numbers. There are as many bits
as leave few enough cells: columns with few different numbers keep each of them apart.
"""

from typing import Any, NamedTuple

import numpy as np

from .cell_table import CellTable
from .stability import N_BINS

MAX_CELLS = 8192
_SIGN = np.uint64(1 << 63)
_LARGEST = np.finfo(np.float64).max
_COUNTED_AT_ONCE = 1 << 16
# So many numbers show about how fine the cells can be.
_SHOWN_BY = 2 * MAX_CELLS
# With more places than these, to sort takes less time than to count.
_PLACES_OF_A_ROW = 8
_MAX_PLACES = 1 << 16

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


class CellCounter:
    """Counts the cells of numbers that come in batches; small ones wait for others."""

    def __init__(self) -> None:
        self._waiting: list[Array] = []
        self._counted = NO_CELLS
        # The rows of all cells, if there is one: most cells of further batches are known already.
        self._table: CellTable | None = None

    def add(self, values: Array) -> None:
        self._waiting.append(values)
        if sum(each.size for each in self._waiting) >= _COUNTED_AT_ONCE:
            self._count()

    @property
    def cells(self) -> Cells:
        self._count()
        return self._with_table()

    def _count(self) -> None:
        values = self._waiting[0] if len(self._waiting) == 1 else np.concatenate([np.empty(0), *self._waiting])
        self._waiting = []
        is_finite = np.isfinite(values)
        if not is_finite.all():
            self._counted = add_cells(self._counted, count_cells(values[~is_finite]))
            values = values[is_finite]
        shift = self._counted.shift
        if values.size and not (self._table and self._table.add(_bits(values) >> shift)):
            self._counted = add_cells(self._with_table(), count_cells(values, shift))
            self._table = _table_of(self._counted)
            if self._table:
                self._counted = self._counted._replace(firsts=NO_CELLS.firsts, rows=NO_CELLS.rows)

    def _with_table(self) -> Cells:
        if self._table is None:
            return self._counted
        firsts, rows = _sorted(*self._table.counted, self._counted.shift)
        return _few_enough(self._counted._replace(firsts=firsts, rows=rows), MAX_CELLS)


def count_cells(values: Array, shift: int = 0) -> Cells:
    """The cells of some numbers, as fine as there may be, but without at least `shift` bits."""
    finite, lowest, highest = values, 0, 0
    if not np.isfinite(values).all():
        finite = values[np.isfinite(values)]
        lowest, highest = (int(np.count_nonzero(values == end)) for end in (-np.inf, np.inf))
    missing = values.size - finite.size - lowest - highest
    if not shift and finite.size > _SHOWN_BY:
        # All of them have no finer cells than some of them.
        shift = count_cells(finite[:_SHOWN_BY]).shift
    firsts, rows = _rows_by_cell(_bits(finite), shift)
    return _few_enough(Cells(shift, firsts, rows, lowest, highest, missing), MAX_CELLS)


def add_keys(cells: Cells, keys: Array, most: int) -> Cells:
    """With rows that are given as the bits by which they are ordered (of 63), in at most so many cells."""
    found, rows = _counted((keys >> np.uint64(cells.shift)).view(np.int64))
    return add_cells(cells, Cells(cells.shift, found.view(np.uint64), rows), most)


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
    """The inner edges of about ten bins with equal shares of the finite values.

    They lie between cells. A cell that spans whole deciles gets a bin of its own: otherwise everything below it would
    count as its values, and a feature with two values could swap them unnoticed.
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


def _rows_by_cell(bits: Array, shift: int) -> tuple[Array, Array]:
    """The first bits of each cell with rows, in order, and its rows."""
    narrow = shift or _common_zeros(bits)
    found, rows = _counted(bits >> narrow)
    return _sorted(found << (narrow - shift), rows, shift)


def _counted(cells: Array) -> tuple[Array, Array]:
    """Each cell once, in order, with the number of its rows; overwrites them."""
    if not cells.size:
        return cells, NO_CELLS.rows
    table = CellTable(cells)
    if table.size > _PLACES_OF_A_ROW * cells.size:
        return np.unique(cells, return_counts=True)
    table.add(cells)
    return table.counted


def _sorted(cells: Array, rows: Array, shift: int) -> tuple[Array, Array]:
    """Cells as the bits have them, signed and in order, in the order of the numbers that they stand for."""
    # The bits of negative numbers grow with their size.
    negative = int(np.count_nonzero(cells < 0))
    keys = np.concatenate([~cells[:negative][::-1], cells[negative:]]).view(np.uint64)
    keys[negative:] |= _SIGN >> np.uint64(shift)
    return keys, np.concatenate([rows[:negative][::-1], rows[negative:]])


def _table_of(cells: Cells) -> CellTable | None:
    """With a place for each cell, and its rows, if that is worth it."""
    if not cells.shift or not cells.firsts.size:
        return None
    sign = np.uint64(_SIGN >> np.uint64(cells.shift))
    signed = np.where(cells.firsts & sign, cells.firsts ^ sign, ~cells.firsts).view(np.int64)
    table = CellTable(signed)
    if table.size > _MAX_PLACES:
        return None
    table.put(signed, cells.rows)
    return table


def _common_zeros(bits: Array) -> int:
    """The last bits that are zero in all of them, as they are in whole numbers."""
    common = int(np.bitwise_or.reduce(bits))
    return max((common & -common).bit_length() - 1, 0)


def _bits(finite: Array) -> Array:
    """The bits of finite numbers; both zeros are the same."""
    return np.add(finite, 0.0, dtype=np.float64).view(np.int64)


def _key(finite: float) -> Any:
    """The bits of a number that is not zero, unsigned, in the order of the numbers."""
    return _sorted(_bits(np.array([finite])), np.ones(1), 0)[0][0]


def _numbers(keys: Array) -> Array:
    bits = np.where(keys & _SIGN, keys ^ _SIGN, ~keys)
    # The next number below 0 is not -0.
    return np.where(bits == _SIGN, bits + np.uint64(1), bits).view(np.float64)


def _ends(cells: Cells) -> Array:
    """The largest finite number of each cell."""
    last = np.uint64((1 << cells.shift) - 1)
    keys = (cells.firsts << np.uint64(cells.shift)) | last
    return _numbers(np.minimum(keys, _key(_LARGEST)))


def _before(cells: Cells, places: Array) -> Array:
    """The largest finite number below each of some cells, if there is one."""
    firsts = cells.firsts[places] << np.uint64(cells.shift)
    return _numbers(firsts[firsts > _key(-_LARGEST)] - np.uint64(1))


def _few_enough(cells: Cells, most: int) -> Cells:
    if cells.firsts.size <= most:
        return cells
    # Neighbours stay apart as long as a bit in which they differ is left.
    differing = np.partition(cells.firsts[1:] ^ cells.firsts[:-1], -most)
    return coarser(cells, cells.shift + int(differing[-most]).bit_length())


def _added(firsts: Array, rows: Array) -> tuple[Array, Array]:
    """Each cell once, with all its rows."""
    order = np.argsort(firsts, kind="stable")
    ordered = firsts[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])[: ordered.size])
    return ordered[starts], np.add.reduceat(rows[order], starts) if starts.size else rows

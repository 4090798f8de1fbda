"""Counts integers in an array with a place for each, which takes less time than to sort them."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


class CellTable:
    """A place for all integers between the ends of those that are negative, and between the ends of the others.

    Between the two there are none: as cells of numbers they are those of tiny ones, which are most of all cells.
    """

    def __init__(self, cells: Array) -> None:
        """For the ends of these cells, at least one."""
        self._low, self._last, self._least, self._high = _ends(cells)
        self._negative = self._last - self._low + 1
        # One place more for all between the two.
        self.size = self._negative + 1 + self._high - self._least + 1
        self._rows = np.empty(0, np.int64)

    def put(self, cells: Array, rows: Array) -> None:
        """Begin with so many of some cells, each once, and overwrite them."""
        self._rows = np.zeros(self.size, np.int64)
        self._rows[self._places(cells)] = rows

    def add(self, cells: Array) -> bool:
        """Count some cells, and overwrite them; does nothing and is false if one has no place."""
        if cells.min() < self._low or cells.max() > self._high:
            return False
        counted = np.bincount(self._places(cells), minlength=self.size)
        if counted[self._negative]:
            return False
        self._rows = self._rows + counted if self._rows.size else counted
        return True

    @property
    def counted(self) -> tuple[Array, Array]:
        """The cells that were counted, in order, and how many there are of each."""
        places = np.flatnonzero(self._rows)
        cells = np.where(places < self._negative, places + self._low, places - self._negative - 1 + self._least)
        return cells, self._rows[places]

    def _places(self, cells: Array) -> Array:
        """Of cells between the ends; overwrites them."""
        places = np.maximum(cells, self._least - 1)
        if self._negative:
            places += np.minimum(cells, self._last + 1, out=cells)
        places -= self._low + self._least - 1
        return places


def _ends(cells: Array) -> tuple[int, int, int, int]:
    """The ends of the negative ones, and of the others; the last one of none is before the first."""
    low, high = int(cells.min()), int(cells.max())
    if low >= 0:
        return 0, -1, low, high
    if high < 0:
        return low, high, 0, -1
    # As unsigned integers, the negative ones are the largest.
    unsigned = cells.view(np.uint64)
    return low, int(unsigned.max()) - (1 << 64), int(unsigned.min()), high

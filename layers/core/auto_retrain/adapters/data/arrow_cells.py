"""Cells as numbers, texts and counts of categories, of the columns of an object."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...domain.errors import DataInvalid
from .arrow_values import Unconvertible, floats, texts

# A column with more levels holds names or numbers, not categories, and every level takes memory.
MAX_LEVELS = 10_000


def to_numbers(cells: pa.Array, column: str, uri: str) -> Any:
    """A float64 array with NaN for missing values; raises DataInvalid for anything that is not a number."""
    try:
        return floats(cells).to_numpy(zero_copy_only=False)
    except Unconvertible as error:
        text = f"column '{column}' of '{uri}' must be numeric but holds {error}"
        raise DataInvalid(text, not_numeric=column) from error


class DictionaryTexts:
    """The texts of the values that a column names by number; batches of a row group share them, so they are kept."""

    def __init__(self) -> None:
        self._by_column: dict[str, tuple[pa.Array, list[str | None]]] = {}

    def of(self, column: str, values: pa.Array) -> list[str | None]:
        """Raises Unconvertible like `texts`."""
        known = self._by_column.get(column)
        if known is None or not known[0].equals(values):
            known = self._by_column[column] = (values, texts(values).to_pylist())
        return known[1]


def count_levels(cells: pa.Array, column: str, uri: str, known: DictionaryTexts) -> dict[str | None, int]:
    """Rows per level, with None for missing values; of very many levels, only the most frequent.

    Raises DataInvalid for cells that have no text.
    """
    try:
        levels, rows = _counted_by_number(cells, column, known) or _counted(cells)
    except Unconvertible as error:
        raise DataInvalid(f"column '{column}' of '{uri}' must be categorical but holds {error}") from error
    # Different values may have the same text, such as 0 and -0.
    counts: dict[str | None, int] = {None: cells.null_count} if cells.null_count else {}
    for level, number in zip(levels, rows, strict=True):
        counts[level] = counts.get(level, 0) + number
    return counts


def _counted_by_number(
    cells: pa.Array, column: str, known: DictionaryTexts
) -> tuple[list[str | None], list[int]] | None:
    """Levels and rows of each, or None if the cells are no numbers of few enough values: hashing costs ten times it."""
    if not pa.types.is_dictionary(cells.type) or not 0 < len(cells.dictionary) <= MAX_LEVELS:
        return None
    rows = np.bincount(cells.indices.drop_null().to_numpy(), minlength=len(cells.dictionary))
    there = np.flatnonzero(rows)
    levels = known.of(column, cells.dictionary)
    return [levels[place] for place in there], rows[there].tolist()


def _counted(cells: pa.Array) -> tuple[list[str | None], list[int]]:
    counted = _hashed(cells)
    if len(counted) > MAX_LEVELS:
        counted = counted.take(pc.sort_indices(counted.field("counts"), [("", "descending")])[:MAX_LEVELS])
    return _texts(counted.field("values")), counted.field("counts").to_pylist()


def _hashed(cells: pa.Array) -> pa.StructArray:
    try:
        return pc.value_counts(cells.drop_null())
    except pa.ArrowNotImplementedError:
        # Such as the views that some programs write: what counts texts may know nothing of them.
        return pc.value_counts(texts(cells).drop_null())


def to_texts(cells: pa.Array, column: str, uri: str) -> list[str | None]:
    """The text of each cell, None if it is missing; raises DataInvalid for cells that have no text."""
    try:
        return _texts(cells)
    except Unconvertible as error:
        raise DataInvalid(f"column '{column}' of '{uri}' must be text but holds {error}") from error


def _texts(cells: pa.Array) -> list[str | None]:
    if not pa.types.is_dictionary(cells.type):
        return list(texts(cells).to_pylist())
    # Not written out: each text is in memory once.
    known = texts(cells.dictionary).to_pylist()
    return [None if place is None else known[place] for place in cells.indices.to_pylist()]

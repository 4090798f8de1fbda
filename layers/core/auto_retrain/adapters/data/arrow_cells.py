"""Converts cells to numbers or text, whatever the file format; the training container follows the same rules.

A number may be written as text, with spaces around it. The text of a category does not depend on the format: 1 in a
CSV, 1 and 1.0 in Parquet are all '1', and true is 'true'.
"""

from collections import Counter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from ...domain.errors import DataInvalid

# Texts that mean a missing number.
_MISSING_NUMBER = pa.array(csv.ConvertOptions().null_values)
_MAX_EXACT = 2.0**53
# A column with more levels holds names or numbers, not categories, and every level takes memory.
MAX_LEVELS = 10_000
_CONVERSION_ERRORS = (pa.ArrowInvalid, pa.ArrowNotImplementedError)


def to_numbers(cells: pa.Array, column: str, uri: str) -> Any:
    """A float64 array with NaN for missing values; raises DataInvalid for anything that is not a number."""
    try:
        if pa.types.is_dictionary(cells.type):
            numbers = pc.take(_floats(cells.dictionary), cells.indices)
        else:
            numbers = _floats(cells)
    except _CONVERSION_ERRORS as error:
        type_ = cells.type.value_type if pa.types.is_dictionary(cells.type) else cells.type
        raise DataInvalid(f"column '{column}' of '{uri}' must be numeric but holds {type_}") from error
    return numbers.to_numpy(zero_copy_only=False)


def _floats(cells: pa.Array) -> pa.Array:
    try:
        # safe=False: a whole number beyond 2^53 may lose its last digits.
        return pc.cast(cells, pa.float64(), safe=False)
    except pa.ArrowInvalid:
        # The slow way, which few files need.
        texts = pc.utf8_trim_whitespace(pc.cast(cells, pa.string()))
        missing = pc.is_in(texts, _MISSING_NUMBER)
        return pc.cast(pc.if_else(missing, pa.scalar(None, pa.string()), texts), pa.float64())


def count_levels(cells: pa.Array, column: str, uri: str) -> dict[str | None, int]:
    """Rows per level, with None for missing values; of very many levels, only the most frequent.

    Raises DataInvalid for cells that have no text.
    """
    try:
        counted = pc.value_counts(cells.drop_null())
        if len(counted) > MAX_LEVELS:
            counted = counted.take(pc.sort_indices(counted.field("counts"), [("", "descending")])[:MAX_LEVELS])
        texts = _texts(counted.field("values"))
    except _CONVERSION_ERRORS as error:
        raise DataInvalid(f"column '{column}' of '{uri}' must be categorical but holds {cells.type}") from error
    # Different values may have the same text, such as 0 and -0.
    counts = Counter[str | None]({None: cells.null_count} if cells.null_count else {})
    for text, rows in zip(texts, counted.field("counts").to_pylist(), strict=True):
        counts[text] += rows
    return dict(counts)


def to_texts(cells: pa.Array, column: str, uri: str) -> list[str | None]:
    """The text of each cell, None if it is missing; raises DataInvalid for cells that have no text."""
    try:
        return _texts(cells)
    except _CONVERSION_ERRORS as error:
        raise DataInvalid(f"column '{column}' of '{uri}' must be text but holds {cells.type}") from error


def _texts(values: pa.Array) -> list[str | None]:
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    cells = _float_texts(pc.cast(values, pa.float64())) if pa.types.is_floating(values.type) else values
    texts: list[str | None] = pc.cast(cells, pa.string()).to_pylist()
    return texts


def _float_texts(numbers: pa.Array) -> pa.Array:
    whole = pc.and_(pc.equal(numbers, pc.floor(numbers)), pc.less(pc.abs(numbers), _MAX_EXACT))
    as_whole = pc.cast(pc.cast(numbers, pa.int64(), safe=False), pa.string())
    texts = pc.if_else(whole, as_whole, pc.cast(numbers, pa.string()))
    return pc.if_else(pc.is_nan(numbers), pa.scalar(None, pa.string()), texts)

"""Converts cells to numbers (float64) or text, whatever the file format.

The text of a value does not depend on the format: 1 in a CSV, 1 and 1.0 in Parquet are all '1', and true is 'true'.
"""

from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

Cells: TypeAlias = pa.ChunkedArray
# Texts that mean a missing number.
MISSING_NUMBER = pa.array(pa.csv.ConvertOptions().null_values)


def to_numbers(cells: Cells) -> Cells:
    """Numbers, null if missing; raises ArrowInvalid or ArrowNotImplementedError for anything else."""
    if pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type):
        cells = pc.utf8_trim_whitespace(cells)
        missing = pc.is_in(cells, MISSING_NUMBER.cast(cells.type))
        cells = pc.if_else(missing, pa.scalar(None, cells.type), cells)
    return cells.cast(pa.float64())


def to_text(cells: Cells) -> Cells:
    """Text, null if missing; raises ArrowNotImplementedError for cells that have no text."""
    if pa.types.is_dictionary(cells.type):
        cells = cells.cast(cells.type.value_type)
    return _float_text(cells.cast(pa.float64())) if pa.types.is_floating(cells.type) else cells.cast(pa.string())


def _float_text(cells: Cells) -> Cells:
    whole = pc.and_(pc.equal(cells, pc.floor(cells)), pc.less(pc.abs(cells), 2.0**53))
    text = pc.if_else(whole, cells.cast(pa.int64(), safe=False).cast(pa.string()), cells.cast(pa.string()))
    return pc.if_else(pc.is_nan(cells), pa.scalar(None, pa.string()), text)

"""What the first rows of a table tell about its columns."""

from collections.abc import Iterator
from typing import IO, Literal

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from ...domain.columns import ColumnFacts, Kind, Sample
from ...domain.errors import DataInvalid
from .arrow_tables import record_batches
from .arrow_values import Unconvertible, floats, texts
from .csv_header import read_header
from .formats import FIRST_BYTES, format_of, packed_by

# The first ones; they are kept in memory.
MAX_SAMPLE_ROWS = 200_000
_KEPT_LEVELS = 50
_HEADER_BYTES = 1 << 20
_LEADING_ZERO = r"^-?0[0-9]"
_BOOLEANS = pa.array(["true", "false"])
_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}.*)?$"


class ArrowSamples:
    """SampleReader for CSV and Parquet files."""

    def read(self, name: str, file: IO[bytes]) -> Sample:
        format = _format(name, file)
        columns = _names(name, file, format)
        batches = list(_first_rows(record_batches(file, name, format, columns)))
        if not batches:
            raise DataInvalid(f"'{name}' has no rows")
        table = pa.Table.from_batches(batches).unify_dictionaries().combine_chunks()
        facts = tuple(_facts(column, _array(table[column])) for column in columns)
        return Sample(name=name, format=format, rows=table.num_rows, columns=facts)


def _format(name: str, file: IO[bytes]) -> Literal["csv", "parquet"]:
    beginning = file.read(FIRST_BYTES)
    file.seek(0)
    packed = packed_by(beginning)
    if packed:
        raise DataInvalid(f"'{name}' is packed by {packed}; give a CSV or Parquet file")
    return format_of(beginning)


def _names(name: str, file: IO[bytes], format: str) -> list[str]:
    try:
        if format == "parquet":
            names: list[str] = parquet.read_schema(file).names
        else:
            names = read_header(file.read(_HEADER_BYTES)).names
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise DataInvalid(f"'{name}' cannot be read as {format}: {error}") from error
    file.seek(0)
    return names


def _first_rows(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Batches of a file are alike only in Parquet: those of CSV have as many rows as fit into a block."""
    room = MAX_SAMPLE_ROWS
    for batch in batches:
        if batch.num_rows:
            yield batch.slice(0, room)
        room -= batch.num_rows
        if room <= 0:
            return


def _array(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks else pa.array([], column.type)


def _facts(name: str, cells: pa.Array) -> ColumnFacts:
    try:
        written = texts(cells)
    except Unconvertible:
        return ColumnFacts(name, "other", len(cells), cells.null_count, 0, ())
    kind, missing = _kind(cells, written)
    counts = pc.value_counts(written.drop_null())
    order = pc.sort_indices(counts.field("counts"), [("", "descending")])[:_KEPT_LEVELS]
    levels = tuple((row["values"], row["counts"]) for row in counts.take(order).to_pylist())
    is_dated = pa.types.is_date(cells.type) or pa.types.is_timestamp(cells.type)
    days = _days(written) if is_dated else {}
    return ColumnFacts(name, kind, len(cells), missing, len(counts), levels, is_dated, days)


def _days(written: pa.Array) -> dict[str | None, int]:
    """Rows of each day; a date as text begins with its day."""
    counts = pc.value_counts(pc.utf8_slice_codeunits(written, 0, len("2026-01-01")))
    return {row["values"]: row["counts"] for row in counts.to_pylist()}


def _kind(cells: pa.Array, written: pa.Array) -> tuple[Kind, int]:
    """The kind of a column, and how many of its cells are missing."""
    present = written.drop_null()
    if pa.types.is_temporal(cells.type) or _all(pc.match_substring_regex(present, _TIME)):
        return "time", written.null_count
    if pa.types.is_boolean(cells.type) or _all(pc.is_in(present, _BOOLEANS)):
        return "boolean", written.null_count
    if _any(pc.match_substring_regex(present, _LEADING_ZERO)):
        return "text", written.null_count
    try:
        numbers = floats(cells).drop_null()
    except Unconvertible:
        return "text", written.null_count
    numbers = numbers.filter(pc.is_finite(numbers))
    kind: Kind = "whole" if _all(pc.equal(numbers, pc.floor(numbers))) else "number"
    return kind if len(numbers) else "text", len(cells) - len(numbers)


def _all(answers: pa.Array) -> bool:
    return len(answers) > 0 and bool(pc.all(answers).as_py())


def _any(answers: pa.Array) -> bool:
    return bool(pc.any(answers).as_py())

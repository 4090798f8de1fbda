"""Columns of CSV and Parquet objects in S3, one object at a time."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, parquet

from ..domain.dataset import DataObject
from ..domain.errors import DataInvalid
from ..ports import Columns, DataStore


class ArrowTableReader:
    """TableReader on whatever store holds the objects."""

    def __init__(self, data: DataStore) -> None:
        self._data = data

    def batches(
        self, objects: Iterable[DataObject], format: str, numeric: Sequence[str], categorical: Sequence[str]
    ) -> Iterator[Columns]:
        for found in objects:
            table = _parse(self._data.read(found.uri), found.uri, format, [*numeric, *categorical])
            numbers = {name: _numbers(table[name], name, found.uri) for name in numeric}
            yield numbers | {name: _levels(table[name], name, found.uri) for name in categorical}


def _parse(content: bytes, uri: str, format: str, columns: list[str]) -> pa.Table:
    source = pa.BufferReader(content)
    try:
        table = parquet.read_table(source) if format == "parquet" else _read_csv(source, columns)
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise DataInvalid(f"'{uri}' cannot be read as {format}: {error}") from error
    missing = [name for name in columns if name not in table.column_names]
    if missing:
        raise DataInvalid(f"'{uri}' lacks the columns {', '.join(missing)}; it has {', '.join(table.column_names)}")
    return table.select(columns)


def _read_csv(source: pa.BufferReader, columns: list[str]) -> pa.Table:
    """Fields as they are written: 01 is not 1, and NA is a text like any other; only an empty field is missing."""
    as_written = csv.ConvertOptions(
        column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=True, null_values=[""]
    )
    return csv.read_csv(source, convert_options=as_written)


def _numbers(column: pa.ChunkedArray, name: str, uri: str) -> Any:
    try:
        # Not safe: a whole number beyond 2^53 may lose its last digits.
        return pc.cast(column, pa.float64(), safe=False).to_numpy()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataInvalid(f"column '{name}' of '{uri}' should be numeric and holds {column.type}") from error


def _levels(column: pa.ChunkedArray, name: str, uri: str) -> Any:
    try:
        return pc.cast(column, pa.string()).to_numpy(zero_copy_only=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataInvalid(f"column '{name}' of '{uri}' should be categorical and holds {column.type}") from error

"""Rows of CSV and Parquet objects, a batch at a time."""

from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, parquet

from ..domain.dataset import DataObject
from ..domain.errors import DataInvalid
from ..ports import Batch, DataStore

BATCH_ROWS = 65_536
# A row group is unpacked from its columns one buffer at a time, but a forged one could still be all of the memory.
LARGEST_ROW_GROUP = 1 << 30
_COLUMN_BUFFER = 1 << 20
_CSV_BLOCK = 1 << 20


class ArrowTableReader:
    """TableReader on whatever store holds the objects."""

    def __init__(self, data: DataStore) -> None:
        self._data = data

    def batches(
        self, objects: Iterable[DataObject], format: str, numeric: Sequence[str], categorical: Sequence[str]
    ) -> Iterator[Batch]:
        for found in objects:
            with self._data.open(found) as file:
                for rows in _read(file, found.uri, format, [*numeric, *categorical]):
                    yield Batch(
                        rows=rows.num_rows,
                        numbers={name: _numbers(rows[name], name, found.uri) for name in numeric},
                        levels={name: _levels(rows[name], name, found.uri) for name in categorical},
                    )


def _read(file: IO[bytes], uri: str, format: str, columns: list[str]) -> Iterator[pa.RecordBatch]:
    read = _read_parquet if format == "parquet" else _read_csv
    try:
        yield from read(pa.PythonFile(file, mode="r"), uri, columns)
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise DataInvalid(f"'{uri}' cannot be read as {format}: {error}") from error


def _read_parquet(source: pa.PythonFile, uri: str, columns: list[str]) -> Iterator[pa.RecordBatch]:
    file = parquet.ParquetFile(source, buffer_size=_COLUMN_BUFFER)
    _check_columns(file.schema_arrow.names, columns, uri)
    largest = max((file.metadata.row_group(n).total_byte_size for n in range(file.num_row_groups)), default=0)
    if largest > LARGEST_ROW_GROUP:
        raise DataInvalid(f"'{uri}' has a row group of {largest} bytes, at most {LARGEST_ROW_GROUP} are read")
    yield from file.iter_batches(BATCH_ROWS, columns=columns)


def _read_csv(source: pa.PythonFile, uri: str, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """Fields as they are written: 01 is not 1, and NA is a text like any other; only an empty field is missing."""
    as_written = csv.ConvertOptions(
        column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=True, null_values=[""]
    )
    reader = csv.open_csv(source, read_options=csv.ReadOptions(block_size=_CSV_BLOCK), convert_options=as_written)
    _check_columns(reader.schema.names, columns, uri)
    for rows in reader:
        yield rows.select(columns)


def _check_columns(present: list[str], wanted: list[str], uri: str) -> None:
    missing = [name for name in wanted if name not in present]
    if missing:
        raise DataInvalid(f"'{uri}' lacks the columns {', '.join(missing)}; it has {', '.join(present)}")


def _numbers(cells: pa.Array, name: str, uri: str) -> Any:
    try:
        # Not safe: a whole number beyond 2^53 may lose its last digits.
        return pc.cast(cells, pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataInvalid(f"column '{name}' of '{uri}' should be numeric and holds {cells.type}") from error


def _levels(cells: pa.Array, name: str, uri: str) -> dict[str | None, int]:
    try:
        counted = pc.value_counts(pc.cast(cells, pa.string()))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataInvalid(f"column '{name}' of '{uri}' should be categorical and holds {cells.type}") from error
    return dict(zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True))

"""Rows of CSV and Parquet objects, a batch at a time."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import IO

import pyarrow as pa
from pyarrow import csv, parquet

from ...domain.errors import DataInvalid
from ...domain.manifest import DataObject
from ...ports import DataStore, RowBatch
from .arrow_cells import count_levels, to_numbers, to_texts

BATCH_ROWS = 65_536
# A column chunk is unpacked page by page, but a page may be all of it, so it bounds what one could do to the memory.
LARGEST_COLUMN_CHUNK = 1 << 30
_ALL_BUFFERS = 128 << 20
_SMALLEST_BUFFER, _LARGEST_BUFFER = 64 << 10, 4 << 20
_CSV_BLOCK = 1 << 20
_BYTES_OF_A_REPEATED_TEXT = 8


class ArrowTableReader:
    """TableReader on whatever store holds the objects."""

    def __init__(self, data: DataStore) -> None:
        self._data = data

    def batches(
        self,
        objects: Iterable[DataObject],
        format: str,
        numeric: Sequence[str],
        categorical: Sequence[str],
        texts: Sequence[str] = (),
    ) -> Iterator[RowBatch]:
        wanted = list(dict.fromkeys([*numeric, *categorical, *texts]))
        for found in objects:
            with self._data.open(found) as file:
                for rows in _read(file, found.uri, format, wanted):
                    yield RowBatch(
                        rows=rows.num_rows,
                        numbers={name: to_numbers(rows[name], name, found.uri) for name in numeric},
                        levels={name: count_levels(rows[name], name, found.uri) for name in categorical},
                        texts={name: to_texts(rows[name], name, found.uri) for name in texts},
                    )


def _read(file: IO[bytes], uri: str, format: str, columns: list[str]) -> Iterator[pa.RecordBatch]:
    read = _read_parquet if format == "parquet" else _read_csv
    try:
        yield from read(pa.PythonFile(file, mode="r"), uri, columns)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise DataInvalid(f"'{uri}' cannot be read as {format}: {_without_rows(error)}") from error


def _read_parquet(source: pa.PythonFile, uri: str, columns: list[str]) -> Iterator[pa.RecordBatch]:
    metadata = parquet.read_metadata(source)
    _check_columns(metadata.schema.to_arrow_schema().names, columns, uri)
    chunks = _chunks(metadata, columns)
    _check_sizes(chunks, uri)
    file = parquet.ParquetFile(
        source,
        metadata=metadata,
        read_dictionary=[path for path, found in chunks.items() if _repeats(found)],
        # Otherwise the reader fetches whole row groups, whatever their size.
        pre_buffer=False,
        buffer_size=min(max(_ALL_BUFFERS // max(len(columns), 1), _SMALLEST_BUFFER), _LARGEST_BUFFER),
    )
    yield from file.iter_batches(BATCH_ROWS, columns=columns)


def _chunks(metadata: parquet.FileMetaData, columns: list[str]) -> dict[str, list[parquet.ColumnChunkMetaData]]:
    """What the file says about the wanted columns in each row group; parts of nested ones follow a dot."""
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    paths = [metadata.schema.column(place).path for place in range(metadata.num_columns)]
    wanted = {path: place for place, path in enumerate(paths) if path in columns or path.partition(".")[0] in columns}
    return {path: [group.column(place) for group in groups] for path, place in wanted.items()}


def _check_sizes(chunks: dict[str, list[parquet.ColumnChunkMetaData]], uri: str) -> None:
    for path, found in chunks.items():
        largest = max((chunk.total_uncompressed_size for chunk in found), default=0)
        if largest > LARGEST_COLUMN_CHUNK:
            raise DataInvalid(
                f"column '{path}' of '{uri}' has {largest} bytes in one row group, at most {LARGEST_COLUMN_CHUNK} "
                "are read"
            )


def _repeats(chunks: list[parquet.ColumnChunkMetaData]) -> bool:
    """Whether texts are kept as places in a dictionary: so few bytes for each that most of them must repeat others.

    Written out, a few kilobytes on disk could fill the memory. Many different texts would fill it in a dictionary.
    """
    size: int = sum(chunk.total_uncompressed_size for chunk in chunks)
    rows: int = sum(chunk.num_values for chunk in chunks)
    return size <= _BYTES_OF_A_REPEATED_TEXT * rows


def _read_csv(source: pa.PythonFile, uri: str, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """Fields as they are written: 01 is not 1, and NA is a text like any other; only an empty field is missing.

    Only the wanted columns are looked at: what the others hold, and whether that changes on the way, is no concern.
    """
    block, parsing = csv.ReadOptions(block_size=_CSV_BLOCK), csv.ParseOptions(newlines_in_values=True)
    _check_columns(_csv_header(source, parsing), columns, uri)
    as_written = csv.ConvertOptions(
        include_columns=columns,
        column_types=dict.fromkeys(columns, pa.string()),
        strings_can_be_null=True,
        null_values=[""],
    )
    source.seek(0)
    yield from csv.open_csv(source, read_options=block, parse_options=parsing, convert_options=as_written)


def _csv_header(source: pa.PythonFile, parsing: csv.ParseOptions) -> list[str]:
    """Names of the columns, from the first line alone: a reader of more would go on reading in the background."""
    first = source.read(_CSV_BLOCK).partition(b"\n")[0]
    names: list[str] = csv.open_csv(pa.BufferReader(first + b"\n"), parse_options=parsing).schema.names
    return names


def _check_columns(present: list[str], wanted: list[str], uri: str) -> None:
    missing = [name for name in wanted if name not in present]
    if missing:
        raise DataInvalid(f"'{uri}' lacks the columns {', '.join(missing)}; it has {', '.join(present)}")
    twice = [name for name in wanted if present.count(name) > 1]
    if twice:
        raise DataInvalid(f"'{uri}' has several columns named {', '.join(twice)}")


def _without_rows(error: Exception) -> str:
    """The message without the row that it quotes: data do not belong into logs."""
    return re.sub(r"(got \d+):.*", r"\1", str(error), flags=re.DOTALL)

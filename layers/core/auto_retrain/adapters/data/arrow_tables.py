"""Reads the rows of CSV and Parquet objects, one batch at a time."""

import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from difflib import get_close_matches
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, parquet

from ...domain.errors import DataInvalid
from ...domain.manifest import DataObject, by_object
from ...ports import DataStore, RowBatch
from .arrow_cells import DictionaryTexts, count_levels, to_numbers, to_texts
from .csv_header import PARSING, read_header
from .csv_remedies import remedy_for_delimiter, remedy_for_encoding
from .date_columns import Days
from .formats import FIRST_BYTES, remedy_for
from .row_days import DayRange, day_ranges

BATCH_ROWS = 65_536
# So few columns are read by one of several threads already: more of them only wait for each other. With more rows at
# once they hand over Python's lock less often; numbers show the same however they are batched.
_FEW_COLUMNS, _ROWS_OF_FEW_NUMBERS = 2, 2 * BATCH_ROWS
# Texts that leave out what they share with the one before: a few bytes may unpack to a long text in each row.
_PREFIXES, _ROWS_OF_PREFIXES = "DELTA_BYTE_ARRAY", 4096
_DELTA_TEXTS = frozenset({_PREFIXES, "DELTA_LENGTH_BYTE_ARRAY"})
# A column chunk is unpacked page by page, but one page may hold all of it, so this limits the memory that it can take.
MAX_COLUMN_CHUNK_BYTES = 1 << 30
_TOTAL_BUFFER_BYTES = 128 << 20
_MIN_BUFFER_BYTES, _MAX_BUFFER_BYTES = 64 << 10, 4 << 20
_CSV_BLOCK_BYTES = 1 << 20
# Most of the time of reading what a file says of itself is spent waiting for S3.
_PARALLEL_FILES = 8
_MAX_BYTES_PER_REPEATED_TEXT = 8


class ArrowTableReader:
    """TableReader on whatever store holds the objects."""

    def __init__(self, data: DataStore) -> None:
        self._data = data

    def with_their_days(self, objects: Sequence[DataObject]) -> list[DataObject]:
        with ThreadPoolExecutor(_PARALLEL_FILES) as pool:
            undated = [item for item, days in by_object(objects) if days is not None]
            ranges = dict(zip((item.uri for item in undated), pool.map(self._ranges, undated), strict=True))
        whole = [DayRange()]
        return [item for item in objects if any(each.may_hold(item.date) for each in ranges.get(item.uri, whole))]

    def _ranges(self, item: DataObject) -> list[DayRange]:
        assert item.date_column is not None
        with self._data.open(item) as file:
            try:
                metadata = parquet.read_metadata(pa.PythonFile(file, mode="r"))
            except (pa.ArrowException, OSError) as error:
                problem = remedy_for(_beginning(file), "parquet") or _without_rows(error)
                raise DataInvalid(f"'{item.uri}' cannot be read as parquet: {problem}") from error
        _check_columns(metadata.schema.to_arrow_schema().names, [item.date_column], item.uri)
        return day_ranges(metadata, item.date_column)

    def batches(
        self,
        objects: Iterable[DataObject],
        format: str,
        numeric: Sequence[str],
        categorical: Sequence[str],
        texts: Sequence[str] = (),
    ) -> Iterator[RowBatch]:
        wanted = list(dict.fromkeys([*numeric, *categorical, *texts]))
        use_threads = len(wanted) > _FEW_COLUMNS
        at_once = BATCH_ROWS if use_threads or categorical or texts else _ROWS_OF_FEW_NUMBERS
        for item, days in by_object(objects):
            uri, of_days, known = item.uri, Days.of(item, days), DictionaryTexts()
            with self._data.open(item) as file:
                for rows in record_batches(file, uri, format, wanted, use_threads, of_days, at_once):
                    yield RowBatch(
                        rows=rows.num_rows,
                        numbers={name: to_numbers(rows[name], name, uri) for name in numeric},
                        levels={name: count_levels(rows[name], name, uri, known) for name in categorical},
                        texts={name: to_texts(rows[name], name, uri) for name in texts},
                    )


def record_batches(
    file: IO[bytes],
    uri: str,
    format: str,
    columns: list[str],
    use_threads: bool = True,
    of_days: Days | None = None,
    at_once: int = BATCH_ROWS,
) -> Iterator[pa.RecordBatch]:
    """The rows of one object, perhaps those of some days, only these columns, as they are stored; raises DataInvalid.

    Threads read large objects sooner; with small ones they cost more memory than they save time.
    """
    source = pa.PythonFile(file, mode="r")
    try:
        if format != "parquet":
            yield from _read_csv(source, uri, columns, use_threads)
        elif of_days is None:
            yield from _read_parquet(source, uri, columns, use_threads, at_once)
        else:
            wanted = list(dict.fromkeys([*columns, of_days.column]))
            for batch in _read_parquet(source, uri, wanted, use_threads, at_once, of_days):
                yield of_days.rows_of(batch, uri).select(columns)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        beginning = _beginning(file)
        remedy = remedy_for(beginning, format)
        if format == "csv" and not remedy:
            remedy = remedy_for_encoding(error, beginning, uri)
        problem = remedy or _without_rows(error)
        raise DataInvalid(f"'{uri}' cannot be read as {format}: {problem}") from error


def _beginning(file: IO[bytes]) -> bytes:
    try:
        file.seek(0)
        return file.read(FIRST_BYTES)
    except (OSError, ValueError):
        return b""


def _read_parquet(
    source: pa.PythonFile, uri: str, columns: list[str], use_threads: bool, at_once: int, of_days: Days | None = None
) -> Iterator[pa.RecordBatch]:
    metadata = parquet.read_metadata(source)
    _check_columns(metadata.schema.to_arrow_schema().names, columns, uri)
    chunks = _chunks(metadata, columns)
    _check_sizes(chunks, uri)
    file = parquet.ParquetFile(
        source,
        metadata=metadata,
        read_dictionary=[path for path, column in chunks.items() if _mostly_repeats(column) and not _is_delta(column)],
        # Otherwise the reader fetches whole row groups, whatever their size.
        pre_buffer=False,
        buffer_size=min(max(_TOTAL_BUFFER_BYTES // max(len(columns), 1), _MIN_BUFFER_BYTES), _MAX_BUFFER_BYTES),
    )
    share_beginnings = any(_PREFIXES in chunk.encodings for column in chunks.values() for chunk in column)
    rows = _ROWS_OF_PREFIXES if share_beginnings else at_once
    groups = of_days.row_groups(metadata) if of_days else list(range(metadata.num_row_groups))
    for batch in file.iter_batches(rows, groups, columns=columns, use_threads=use_threads):
        _check_numbers_of_values(batch)
        yield batch


def _check_numbers_of_values(batch: pa.RecordBatch) -> None:
    """Raise ArrowInvalid if a cell of a damaged file names a value by a number that none has; Arrow does not look."""
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if pa.types.is_dictionary(column.type) and len(column) > column.null_count:
            numbers = pc.min_max(column.indices).as_py()
            if numbers["min"] < 0 or numbers["max"] >= len(column.dictionary):
                raise pa.ArrowInvalid(f"a cell of '{name}' names no value")


def _chunks(metadata: parquet.FileMetaData, columns: list[str]) -> dict[str, list[parquet.ColumnChunkMetaData]]:
    """Metadata of the wanted columns in each row group, by path; the parts of a nested column follow a dot."""
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    paths = [metadata.schema.column(place).path for place in range(metadata.num_columns)]
    wanted = {path: place for place, path in enumerate(paths) if path in columns or path.partition(".")[0] in columns}
    return {path: [group.column(place) for group in groups] for path, place in wanted.items()}


def _check_sizes(chunks: dict[str, list[parquet.ColumnChunkMetaData]], uri: str) -> None:
    for path, column in chunks.items():
        largest = max((chunk.total_uncompressed_size for chunk in column), default=0)
        if largest > MAX_COLUMN_CHUNK_BYTES:
            raise DataInvalid(
                f"column '{path}' of '{uri}' has {largest} bytes in one row group; at most {MAX_COLUMN_CHUNK_BYTES} "
                "are allowed"
            )


def _mostly_repeats(chunks: list[parquet.ColumnChunkMetaData]) -> bool:
    """Whether to read a column as a dictionary: it takes so few bytes per cell that most cells must be repeats.

    Written out, such a column could turn a few kilobytes on disk into more than the memory holds. A dictionary of many
    different texts could do the same.
    """
    size: int = sum(chunk.total_uncompressed_size for chunk in chunks)
    rows: int = sum(chunk.num_values for chunk in chunks)
    return size <= _MAX_BYTES_PER_REPEATED_TEXT * rows


def _is_delta(chunks: list[parquet.ColumnChunkMetaData]) -> bool:
    """Whether texts are written in a way that Arrow cannot read as a dictionary."""
    return any(not _DELTA_TEXTS.isdisjoint(chunk.encodings) for chunk in chunks)


def _read_csv(source: pa.PythonFile, uri: str, columns: list[str], use_threads: bool) -> Iterator[pa.RecordBatch]:
    """Fields as they are written: 01 is not 1, and NA is a text like any other; only an empty field is missing.

    Other columns are not parsed, so their content and types do not matter.
    """
    beginning = source.read(_CSV_BLOCK_BYTES)
    remedy = remedy_for(beginning, "csv")
    if remedy:
        raise DataInvalid(f"'{uri}' cannot be read as csv: {remedy}")
    header = read_header(beginning)
    remedy = remedy_for_delimiter(header.names) if columns != header.names else None
    if remedy:
        raise DataInvalid(f"'{uri}' cannot be read as csv: {remedy}")
    _check_columns(header.names, columns, uri)
    if not header.has_rows:
        return
    as_written = csv.ConvertOptions(
        include_columns=columns,
        column_types=dict.fromkeys(columns, pa.string()),
        strings_can_be_null=True,
        null_values=[""],
    )
    source.seek(0)
    block = csv.ReadOptions(block_size=_CSV_BLOCK_BYTES, use_threads=False)
    yield from csv.open_csv(source, read_options=block, parse_options=PARSING, convert_options=as_written)


def _check_columns(present: list[str], wanted: list[str], uri: str) -> None:
    missing = [name for name in wanted if name not in present]
    if missing:
        others = [name for name in present if name not in wanted]
        close = dict.fromkeys(match for name in missing for match in get_close_matches(name, others, n=1))
        hint = f"; did you mean {', '.join(map(repr, close))}?" if close else ""
        there = f"it has {', '.join(present)}{hint}"
        raise DataInvalid(f"'{uri}' lacks the columns {', '.join(missing)}; {there}", missing=tuple(missing))
    twice = [name for name in wanted if present.count(name) > 1]
    if twice:
        raise DataInvalid(f"'{uri}' has several columns named {', '.join(twice)}")


def _without_rows(error: Exception) -> str:
    """The message without the row that it quotes: data must not appear in logs."""
    return re.sub(r"(got \d+):.*", r"\1", str(error), flags=re.DOTALL)

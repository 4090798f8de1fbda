"""The files of a prediction log as rows with the columns and types of its schema; anything else is refused by name."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import json, parquet

from ...domain.errors import DataInvalid
from ...domain.prediction_log import COLUMNS, JSON_LINES, PARQUET, SCHEMA_VERSION, LogColumn
from ..data.arrow_tables import record_batches

# Of one file, unpacked: a program that writes such lines writes small files.
MAX_JSON_BYTES = 256 << 20
_MOMENT = pa.timestamp("us", "UTC")
_TEXT_TYPES = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
_WHOLE_TYPES = (pa.types.is_integer,)
_NUMBER_TYPES = (pa.types.is_floating, pa.types.is_decimal, *_WHOLE_TYPES)
_FLAG_TYPES = (pa.types.is_boolean,)
_STORED: dict[str, pa.DataType] = {
    "text": pa.string(),
    "moment": _MOMENT,
    "number": pa.float64(),
    "whole": pa.int64(),
    "flag": pa.bool_(),
}
_NAMED = {
    "text": "text",
    "moment": "a timestamp with a zone",
    "number": "a number",
    "whole": "a whole number",
    "flag": "a boolean",
    "value": "text, a number or a boolean",
}
_READ = tuple(column for column in COLUMNS if column.name not in ("arm", "assignment_probability"))


def _has_zone(kind: pa.DataType) -> bool:
    return pa.types.is_timestamp(kind) and kind.tz is not None


_ALLOWED: dict[str, tuple[Callable[[pa.DataType], bool], ...]] = {
    "text": _TEXT_TYPES,
    "moment": (_has_zone,),
    "number": _NUMBER_TYPES,
    "whole": _WHOLE_TYPES,
    "flag": _FLAG_TYPES,
    "value": (*_TEXT_TYPES, *_NUMBER_TYPES, *_FLAG_TYPES),
}


def holds_rows(name: str) -> bool:
    """Whether a file is of the log, rather than something that a program left beside it."""
    is_hidden = any(part.startswith(("_", ".")) for part in name.split("/"))
    return not is_hidden and name.endswith((PARQUET, JSON_LINES))


def log_batches(file: IO[bytes], uri: str) -> Iterator[pa.RecordBatch]:
    """The rows of one file with all columns that counting needs, null where the file has none.

    Raises DataInvalid naming the file and the column that is missing or of another type, or that it is unreadable.
    """
    batches = _parquet_batches(file, uri) if uri.endswith(PARQUET) else _json_batches(file, uri)
    for batch in batches:
        columns = {column.name: _column(batch, column, uri) for column in _READ}
        _check_version(columns["schema_version"], uri)
        yield pa.RecordBatch.from_pydict(columns)


def _parquet_batches(file: IO[bytes], uri: str) -> Iterator[pa.RecordBatch]:
    try:
        names = parquet.read_schema(pa.PythonFile(file, mode="r")).names
    except (pa.ArrowException, OSError) as error:
        raise DataInvalid(f"'{uri}' cannot be read as parquet: {error}") from error
    file.seek(0)
    columns = [each.name for each in _READ if each.is_needed or each.name in names]
    yield from record_batches(file, uri, "parquet", columns, use_threads=False)


def _json_batches(file: IO[bytes], uri: str) -> Iterator[pa.RecordBatch]:
    """A prediction is a text, a number or a boolean, but the same in all lines of a file."""
    try:
        with gzip.open(file) as unpacked:
            content = unpacked.read(MAX_JSON_BYTES + 1)
        if len(content) > MAX_JSON_BYTES:
            raise DataInvalid(f"'{uri}' has more than {MAX_JSON_BYTES} bytes when unpacked")
        return iter(_parsed(content).to_batches()) if content.strip() else iter(())
    except (pa.ArrowException, OSError, EOFError, zlib.error) as error:
        raise DataInvalid(f"'{uri}' cannot be read as JSON lines: {error}") from error


def _parsed(content: bytes) -> pa.Table:
    problem: pa.ArrowInvalid | None = None
    for kind in (pa.string(), pa.float64(), pa.bool_()):
        types = {each.name: _STORED.get(each.kind, kind) for each in _READ} | {"predicted_at": pa.string()}
        options = json.ParseOptions(explicit_schema=pa.schema(types), unexpected_field_behavior="ignore")
        try:
            return json.read_json(pa.BufferReader(content), parse_options=options)
        except pa.ArrowInvalid as error:
            problem = problem if problem and "/prediction)" not in str(problem) else error
    assert problem is not None
    raise problem


def _column(batch: pa.RecordBatch, column: LogColumn, uri: str) -> pa.Array:
    if column.name not in batch.schema.names:
        return pa.nulls(batch.num_rows, _STORED.get(column.kind, pa.null()))
    cells = batch[column.name]
    if column.kind == "value" and cells.null_count == len(cells):
        # JSON lines with nothing but errors say nothing of the type.
        return pa.nulls(len(cells))
    if pa.types.is_dictionary(cells.type):
        if _stays_encoded(cells, column):
            return _checked(cells, column, uri)
        cells = cells.cast(cells.type.value_type)
    if column.kind == "text" and not pa.types.is_null(cells.type):
        cells = _without_empty_texts(cells)
    try:
        return _typed(_checked(cells, column, uri), column)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataInvalid(
            f"column '{column.name}' of '{uri}' is {cells.type}; it must be {_NAMED[column.kind]}"
        ) from error


def _stays_encoded(cells: pa.DictionaryArray, column: LogColumn) -> bool:
    """Whether texts stay as they are stored, each different one once; that takes that none of them is empty."""
    values = cells.dictionary
    is_for_texts = column.kind in ("text", "value") and pa.types.is_string(values.type)
    return is_for_texts and not values.null_count and pc.all(pc.greater(pc.binary_length(values), 0)).as_py()


def _checked(cells: pa.Array, column: LogColumn, uri: str) -> pa.Array:
    if column.is_needed and cells.null_count:
        raise DataInvalid(f"column '{column.name}' of '{uri}' is empty in {cells.null_count} rows; it is needed in all")
    return cells


def _without_empty_texts(cells: pa.Array) -> pa.Array:
    """Programs without a null write an empty text: it is no error, and no entity of its own."""
    if not any(is_text(cells.type) for is_text in _TEXT_TYPES):
        return cells
    empty = pc.equal(pc.binary_length(cells), 0)
    return pc.if_else(empty, pa.scalar(None, cells.type), cells) if pc.any(empty).as_py() else cells


def _typed(cells: pa.Array, column: LogColumn) -> pa.Array:
    is_json_moment = column.kind == "moment" and pa.types.is_string(cells.type)
    if not is_json_moment and not any(allowed(cells.type) for allowed in (pa.types.is_null, *_ALLOWED[column.kind])):
        raise pa.ArrowInvalid("another type")
    return pc.cast(cells, _STORED.get(column.kind, cells.type), safe=column.kind != "moment" or is_json_moment)


def _check_version(versions: pa.Array, uri: str) -> None:
    newest = pc.max(versions).as_py()
    if newest is not None and newest > SCHEMA_VERSION:
        raise DataInvalid(f"column 'schema_version' of '{uri}' is {newest}; this release reads up to {SCHEMA_VERSION}")

"""Parses one object into a table of the wanted columns, each as numbers or as text."""

import re
from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from auto_retrain.adapters.data.arrow_values import Unconvertible, floats, texts
from auto_retrain.adapters.data.csv_header import PARSING, read_header
from auto_retrain.adapters.data.formats import remedy_for
from auto_retrain.adapters.data.row_days import NoDates, is_of_days, row_groups_of

from .errors import DataInvalid


class Days(NamedTuple):
    """The rows that count: those whose column is on one of the days."""

    column: str
    days: Collection[date]


def parse_table(
    content: bytes,
    uri: str,
    format: str,
    names: Sequence[str],
    numbers: Sequence[str] = (),
    of_days: Days | None = None,
) -> pa.Table:
    """Read the columns with texts and those with numbers, no others; perhaps only the rows of some days.

    Raises DataInvalid naming the object and the column.
    """
    wanted = [*names, *numbers]
    try:
        remedy = remedy_for(content, format)
        if remedy:
            raise DataInvalid(f"{uri} cannot be read as {format}: {remedy}")
        columns = list(dict.fromkeys([*wanted, *([of_days.column] if of_days else [])]))
        raw = READERS[format](content, uri, columns, of_days)
        if of_days:
            raw = raw.filter(is_of_days(raw[of_days.column], of_days.days))
    except NoDates as error:
        assert of_days is not None
        raise DataInvalid(f"{uri}: column {of_days.column} {error}") from error
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise DataInvalid(f"{uri} cannot be read as {format}: {_without_rows(error)}") from error
    return pa.table({name: _convert(raw[name], name, uri, name in numbers) for name in wanted})


def _convert(cells: pa.ChunkedArray, name: str, uri: str, as_number: bool) -> pa.ChunkedArray:
    convert, kind, wanted = (floats, pa.float64(), "numbers") if as_number else (texts, pa.string(), "text")
    try:
        return pa.chunked_array([convert(chunk) for chunk in cells.chunks if len(chunk)], kind)
    except Unconvertible as error:
        raise DataInvalid(f"{uri}: column {name} ({cells.type}) must hold {wanted}, not {error}") from error


def _read_parquet(content: bytes, uri: str, wanted: list[str], of_days: Days | None) -> pa.Table:
    file = pa.parquet.ParquetFile(pa.BufferReader(content))
    _check_columns(file.schema_arrow.names, wanted, uri)
    if of_days is None:
        return file.read(columns=wanted)
    return file.read_row_groups(row_groups_of(file.metadata, *of_days), columns=wanted)


def _read_csv(content: bytes, uri: str, wanted: list[str], _: Days | None) -> pa.Table:
    header = read_header(content)
    _check_columns(header.names, wanted, uri)
    if not header.has_rows:
        return pa.table({name: pa.array([], pa.string()) for name in wanted})
    # Everything is read as text first, so that the types do not depend on a file's first rows.
    as_written = pa.csv.ConvertOptions(
        include_columns=wanted,
        column_types=dict.fromkeys(wanted, pa.string()),
        null_values=[""],
        strings_can_be_null=True,
    )
    return pa.csv.read_csv(pa.BufferReader(content), parse_options=PARSING, convert_options=as_written)


def _check_columns(present: list[str], wanted: list[str], uri: str) -> None:
    missing = [name for name in wanted if name not in present]
    if missing:
        raise DataInvalid(f"{uri} lacks the columns {', '.join(missing)}")
    twice = [name for name in wanted if present.count(name) > 1]
    if twice:
        raise DataInvalid(f"{uri} has several columns named {', '.join(twice)}")


def _without_rows(error: Exception) -> str:
    """The message without the row that it quotes: data must not appear in logs."""
    return re.sub(r"(got \d+):.*", r"\1", str(error), flags=re.DOTALL)


READERS = {"parquet": _read_parquet, "csv": _read_csv}

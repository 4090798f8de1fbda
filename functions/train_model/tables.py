"""Parses one object into a table of the wanted columns, each as numbers or as text."""

import re
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from .columns import Cells, to_numbers, to_text
from .errors import DataInvalid


def parse_table(content: bytes, uri: str, format: str, texts: Sequence[str], numbers: Sequence[str] = ()) -> pa.Table:
    """Read only the columns that are named; raises DataInvalid naming the object and the column."""
    wanted = [*texts, *numbers]
    try:
        raw = READERS[format](content, wanted)
    except (pa.ArrowException, OSError) as error:
        raise DataInvalid(f"{uri} cannot be read as {format}: {_without_rows(error)}") from error
    missing = [name for name in wanted if name not in raw.column_names]
    if missing:
        raise DataInvalid(f"{uri} lacks the columns {', '.join(missing)}")
    return pa.table({name: _convert(raw[name], name, uri, name in numbers) for name in wanted})


def _convert(cells: Cells, name: str, uri: str, as_number: bool) -> Cells:
    convert, wanted = (to_numbers, "numbers") if as_number else (to_text, "text")
    try:
        return convert(cells)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataInvalid(f"{uri}: column {name} ({cells.type}) must hold {wanted}") from error


def _read_parquet(content: bytes, wanted: list[str]) -> pa.Table:
    file = pa.parquet.ParquetFile(pa.BufferReader(content))
    return file.read(columns=[name for name in wanted if name in file.schema_arrow.names])


def _read_csv(content: bytes, wanted: list[str]) -> pa.Table:
    parsing = pa.csv.ParseOptions(newlines_in_values=True)
    header = pa.csv.open_csv(pa.BufferReader(content), parse_options=parsing).schema.names
    present = [name for name in wanted if name in header]
    # Everything is read as text first, so that the types do not depend on a file's first rows.
    converting = pa.csv.ConvertOptions(
        include_columns=present,
        column_types={name: pa.string() for name in present},
        null_values=[""],
        strings_can_be_null=True,
    )
    return pa.csv.read_csv(pa.BufferReader(content), parse_options=parsing, convert_options=converting)


def _without_rows(error: Exception) -> str:
    """The message without the row that it quotes: data must not appear in logs."""
    return re.sub(r"(got \d+):.*", r"\1", str(error), flags=re.DOTALL)


READERS = {"parquet": _read_parquet, "csv": _read_csv}

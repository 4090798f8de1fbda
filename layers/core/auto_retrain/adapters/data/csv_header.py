"""The header of a CSV file: its first line that is not empty, which goes on where a quoted name breaks the line."""

import re
from typing import NamedTuple

import pyarrow as pa
from pyarrow import csv

PARSING = csv.ParseOptions(newlines_in_values=True)
_NAME = rb'(?:"[^"]*(?:""[^"]*)*"[^,\r\n]*|[^",\r\n][^,\r\n]*)?'
_HEADER = re.compile(rb"(?:\xef\xbb\xbf)?[\r\n]*(%b(?:,%b)*)" % (_NAME, _NAME))


class Header(NamedTuple):
    """The names of a file's columns, and whether any row follows."""

    names: list[str]
    has_rows: bool


def read_header(beginning: bytes) -> Header:
    """Read the names; raises ArrowInvalid if there are none, and UnicodeDecodeError if they are not UTF-8."""
    header = _HEADER.match(beginning)
    assert header is not None
    if not header[1]:
        raise pa.ArrowInvalid("there is no header")
    # Only these bytes: a reader of the whole file would read on in the background.
    names = csv.open_csv(pa.BufferReader(header[1] + b"\n"), parse_options=PARSING).schema.names
    return Header(names, bool(beginning[header.end() :].strip(b"\r\n")))

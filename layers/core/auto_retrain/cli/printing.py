"""Prints records on a terminal: plain text, times in UTC."""

import json
from collections.abc import Sequence
from datetime import datetime

from ..domain.base import Record
from ..domain.text import one_line


def plain(text: str) -> str:
    """Text on one line, with control characters escaped: a reason may contain anything that people sent."""
    return one_line(text)


def moment(at: datetime | None) -> str:
    return f"{at:%F %T}Z" if at else "never"


def print_table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print aligned columns; the last one has no limit."""
    cells = [[*headings], *([plain(str(cell)) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def print_json(value: Record | Sequence[Record]) -> None:
    records = value if isinstance(value, Sequence) else [value]
    documents = [record.model_dump(mode="json") for record in records]
    print(json.dumps(documents if isinstance(value, Sequence) else documents[0], indent=2))

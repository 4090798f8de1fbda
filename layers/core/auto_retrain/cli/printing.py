"""How records look on a terminal: plain text, times in UTC."""

import json
from collections.abc import Sequence
from datetime import datetime

from ..domain.base import Record


def plain(text: str) -> str:
    """Text on one line, with control characters and the like escaped: a reason may hold whatever people sent."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def moment(at: datetime | None) -> str:
    return f"{at:%F %T}Z" if at else "never"


def print_table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Aligned columns, the last one as long as it likes."""
    cells = [[*headings], *([plain(str(cell)) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def print_json(found: Record | Sequence[Record]) -> None:
    many = found if isinstance(found, Sequence) else [found]
    documents = [record.model_dump(mode="json") for record in many]
    print(json.dumps(documents if isinstance(found, Sequence) else documents[0], indent=2))

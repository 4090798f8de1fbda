"""The little Markdown that generated pages are made of."""

from collections.abc import Iterable, Sequence
from textwrap import fill

LINE = 120


def code(text: str) -> str:
    return f"`{text}`"


def paragraph(text: str) -> str:
    return fill(text, LINE, break_long_words=False, break_on_hyphens=False)


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    # A bar would end the cell, even inside of code.
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)

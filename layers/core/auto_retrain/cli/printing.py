"""Prints records: plain text for programs, never cut; tables that fit their terminal for people; times in UTC."""

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate
from shutil import get_terminal_size
from textwrap import TextWrapper
from typing import Any

from pydantic_core import to_jsonable_python

from ..domain.job import RetrainingJob
from ..domain.text import one_line

# Of a text beside its lead, however narrow the terminal is.
MIN_WIDTH = 20


def plain(text: str) -> str:
    """Text on one line, with control characters escaped: a reason may contain anything that people sent."""
    return one_line(text)


def moment(at: datetime | None, otherwise: str = "never") -> str:
    return f"{at:%F %T}Z" if at else otherwise


def outcome_of(job: RetrainingJob) -> str:
    """How a job ended, or its status while it has not: the same words wherever people read of it."""
    return (job.ending or job.status).value.replace("_", " ")


def relative(gain: float | None, to: float | None) -> str:
    """A gain as a share of what it is compared with, as everywhere that people read of gains."""
    return f"{gain / abs(to):+.1%}" if gain is not None and to else "-"


def print_below(lead: str, text: str) -> None:
    """Print a text after its lead; on a terminal, what does not fit goes on below the text, not below the lead."""
    if not sys.stdout.isatty():
        print(plain(f"{lead}{text}"))
        return
    width = max(get_terminal_size().columns, len(lead) + MIN_WIDTH)
    below = " " * len(lead)
    # A name or an address is never divided, so that it can be copied.
    whole = TextWrapper(width, lead, below, break_long_words=False, break_on_hyphens=False)
    lines = whole.wrap(plain(text))
    print("\n".join(lines) or lead.rstrip())


def print_table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print aligned columns; on a terminal, columns that do not fit beside the others are shown below them."""
    cells = [[plain(str(cell)) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(headings, *cells, strict=True)]
    if sys.stdout.isatty():
        _print_for_people(headings, cells, widths)
        return
    for row in ([*headings], *cells):
        print(_aligned(row, widths))


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip()


def _print_for_people(headings: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int]) -> None:
    # Imported when there is a terminal: scripts need not wait for it.
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    # Rich itself takes 80 columns for a terminal that it does not know.
    columns, lines = get_terminal_size()
    console = Console(file=sys.stdout, width=columns, height=lines)
    ends = accumulate(width + 2 for width in widths)
    beside = max(1, sum(end - 2 <= console.width for end in ends))
    # Always as Text, never as a string, so that no name is read as markup.
    console.print(Text(_aligned(headings[:beside], widths), style="bold"), soft_wrap=True)
    for row in rows:
        console.print(Text(_aligned(row[:beside], widths)), soft_wrap=True)
        for heading, cell in zip(headings[beside:], row[beside:], strict=True):
            if cell not in ("", "-"):
                console.print(Padding(Text(f"{heading.lower()}: {cell}"), (0, 0, 0, 2)))


def print_json(value: object) -> None:
    """Print records, or what is made of them, as one JSON document."""
    print(json.dumps(to_jsonable_python(value), indent=2))


def job_document(job: RetrainingJob) -> dict[str, Any]:
    """A job without its task tokens: anyone who reads one could answer for the cluster or for a person."""
    return job.model_dump(mode="json", exclude={"pending", "pending_review"})

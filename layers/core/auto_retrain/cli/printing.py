"""Prints records: plain text for programs, never cut; tables that fit their terminal for people; times in UTC."""

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate
from shutil import get_terminal_size
from textwrap import TextWrapper
from typing import Any, TextIO

from pydantic_core import to_jsonable_python

from ..domain.job import RetrainingJob
from ..domain.text import one_line

_BELOW = "    "


def moment(at: datetime | None, otherwise: str = "never") -> str:
    return f"{at:%F %T}Z" if at else otherwise


def outcome_of(job: RetrainingJob) -> str:
    """How a job ended, or its status while it has not: the same words wherever people read of it."""
    return (job.ending or job.status).value.replace("_", " ")


def relative(gain: float | None, to: float | None) -> str:
    """A gain as a share of what it is compared with, as everywhere that people read of gains."""
    return f"{gain / abs(to):+.1%}" if gain is not None and to else "-"


def say(text: str) -> None:
    """Print a sentence; on a terminal, what does not fit goes on below it."""
    print_below("", text)


def remark(text: str) -> None:
    """The same on standard error, where it does not mix with what a program reads."""
    print_below("", text, sys.stderr)


def print_whole(text: str) -> None:
    """Print what is there to be copied, such as a command or an address: on one line, however long it is."""
    print(one_line(text), flush=True)


def print_below(lead: str, text: str, file: TextIO | None = None) -> None:
    """Print a text after its lead; on a terminal, what does not fit goes on below the text, not below the lead."""
    out = file or sys.stdout
    columns = columns_of(out)
    print(
        "\n".join(_lines(one_line(lead), one_line(text), columns)) if columns else one_line(f"{lead}{text}"),
        file=out,
        flush=True,
    )


def columns_of(out: TextIO) -> int | None:
    """How wide a line may be; None in a pipe or a file, where each record is one line."""
    return get_terminal_size().columns if out.isatty() else None


def _lines(lead: str, text: str, columns: int, divides_words: bool = False) -> list[str]:
    longest = max(map(len, text.split()), default=0)
    if len(lead) + len(text) <= columns:
        return [f"{lead}{text}".rstrip()]
    if len(lead) > columns // 2 or columns - len(lead) < longest <= columns - len(_BELOW):
        # Too little fits beside the lead, so the text begins below it.
        return [*_wrapped("", lead, columns, True), *_wrapped(_BELOW, text, columns, divides_words)]
    return _wrapped(lead, text, columns, divides_words) or [lead.rstrip()]


def _wrapped(lead: str, text: str, columns: int, divides_words: bool) -> list[str]:
    below = " " * (len(lead) + len(text) - len(text.lstrip(" ")))
    return TextWrapper(columns, lead, below, break_long_words=divides_words, break_on_hyphens=False).wrap(text)


def print_table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print aligned columns; on a terminal, columns that do not fit beside the others are shown below them."""
    cells = [[one_line(str(cell)) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(headings, *cells, strict=True)]
    columns = columns_of(sys.stdout)
    if columns:
        _print_for_people(headings, cells, widths, columns)
        return
    for row in ([*headings], *cells):
        print(_aligned(row, widths))


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip()


def _print_for_people(
    headings: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int], columns: int
) -> None:
    # Imported when there is a terminal: scripts need not wait for it.
    from rich.console import Console
    from rich.text import Text

    console = Console(file=sys.stdout, width=columns)
    beside = max(1, sum(end - 2 <= columns for end in accumulate(width + 2 for width in widths)))
    # Always as Text, never as a string, so that no name is read as markup.
    console.print(Text(_aligned(headings[:beside], widths), style="bold"), soft_wrap=True)
    for row in rows:
        print(_aligned(row[:beside], widths))
        for heading, cell in zip(headings[beside:], row[beside:], strict=True):
            if cell not in ("", "-"):
                print("\n".join(_lines(f"  {heading.lower()}: ", cell, columns, divides_words=True)))


def print_json(value: object) -> None:
    """Print records, or what is made of them, as one JSON document."""
    print(json.dumps(to_jsonable_python(value), indent=2))


def job_document(job: RetrainingJob) -> dict[str, Any]:
    """A job without its task tokens: anyone who reads one could answer for the cluster or for a person."""
    return job.model_dump(mode="json", exclude={"pending", "pending_review"})

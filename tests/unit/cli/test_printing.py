"""Tables fit a terminal, are never cut for a program, and take no text for markup."""

import io
import sys

import pytest

from auto_retrain.cli.printing import print_table
from tests.unit.cli.terminal import Screen

HEADINGS = ("CREATED", "JOB", "STATUS", "REASON")
LONG = "accuracy [bold]0.88[/bold] :smile: " + "is far below the limit " * 5
ROWS = [("2026-03-01 12:00:00Z", "churn-0123456789", "failed", LONG.strip()), ("never", "churn-1", "running", "-")]


def printed(monkeypatch: pytest.MonkeyPatch, columns: int, out: io.StringIO) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr(sys, "stdout", out)
    print_table(HEADINGS, ROWS)
    return out.getvalue().splitlines()


def test_a_program_gets_each_record_on_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = printed(monkeypatch, 40, io.StringIO())
    assert len(lines) == 3
    assert lines[1].endswith(f"  failed   {ROWS[0][-1]}")


@pytest.mark.parametrize("columns", [24, 60, 80, 100])
def test_on_a_terminal_what_does_not_fit_is_shown_below(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    lines = printed(monkeypatch, columns, Screen())
    assert max(map(len, lines)) <= columns
    assert " ".join("".join(lines).split()).count("far below") == 5
    assert "[bold]0.88[/bold] :smile:" in " ".join(" ".join(lines).split())


def test_a_wide_terminal_has_all_columns_beside_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    assert printed(monkeypatch, 300, Screen()) == printed(monkeypatch, 300, io.StringIO())

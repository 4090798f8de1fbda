"""`auto-retrain digest`: the same as people are sent every week."""

import json

import pytest

from tests.unit.cli.terminal import Terminal


def test_it_prints_the_counts_and_what_waits(terminal: Terminal) -> None:
    out = terminal.ok("digest", "--days", "30")
    assert out.splitlines() == [
        "Retrainings from 2025-12-02 to 2026-01-01: none ended; 0 are running",
        "- Nothing waits for a person",
    ]


def test_it_can_be_read_by_a_program(terminal: Terminal) -> None:
    assert json.loads(terminal.ok("digest", "--json"))["endings"] == {}


@pytest.mark.parametrize("days", ["0", "91", "week", "-1"])
def test_a_number_of_days_that_is_none_is_refused(terminal: Terminal, days: str) -> None:
    answer = terminal.run("digest", f"--days={days}")
    assert answer.code == 2
    assert "must be a whole number from 1 to 90" in answer.err

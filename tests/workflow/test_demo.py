"""`make demo` takes a model through the year that the README shows."""

import re
from pathlib import Path

from local.demo import FLIGHTS
from local.demo.flights import prepare
from local.demo.row import render
from local.demo.stage import Stage
from local.demo.year import Year
from local.stack import LocalStack
from tests.architecture.pages import README, the_block


def test_the_year_ends_as_the_readme_shows(tmp_path: Path) -> None:
    prepare(FLIGHTS)
    with (
        LocalStack(tmp_path / "stack", watch_interval_seconds=5.0, report=lambda _: None) as stack,
        Year(Stage(stack, FLIGHTS, lambda _: None)) as year,
    ):
        rows = render(list(year.run()))
        assert not list(year.unexpected_endings())
    months = iter([cells_of(line) for line in rows.splitlines()])
    for shown in the_block(README, "text", "month  accuracy").splitlines():
        if not re.fullmatch("-+|…", shown):
            assert cells_of(shown) in months, f"{shown}\n{rows}"


def cells_of(line: str) -> list[str]:
    return re.split(r"  +", line)

"""The page about the fleet shows what needs a person first, and nothing in it becomes markup or a script."""

import json
import re
from html import unescape

import pytest

from auto_retrain.domain.fleet_overview import Concern, FleetOverview, Health
from auto_retrain.report import render_fleet
from tests.unit.builders import NOON
from tests.unit.report.fleets import a_fleet, a_row
from tests.unit.report.pages import NASTY
from tests.unit.report.test_report import Tags

ENDS_THE_SCRIPT = "</script><script>alert(1)</script>"


def rows_in(page: str) -> list[list[str]]:
    """What the script of a page is given."""
    found = re.search(r"id=models>(.*?)</script>", page)
    assert found
    rows: list[list[str]] = json.loads(found[1])
    return rows


def test_what_is_worst_comes_first_and_unknown_is_not_healthy() -> None:
    healths = (Health.HEALTHY, Health.UNKNOWN, Health.DEGRADING, Health.IN_ROLLOUT)
    rows = [a_row(f"m-{place}", health) for place, health in enumerate(healths)]
    page = render_fleet(FleetOverview(NOON, rows, [], []))
    assert [row[1] for row in rows_in(page)] == ["degrading", "in rollout", "unknown", "healthy"]
    assert "<strong class=unknown>1</strong>unknown" in page


def test_ten_concerns_are_shown_and_the_others_counted() -> None:
    concerns = [Concern(f"m-{number}", "ada", "in quarantine", "auto-retrain why-not m") for number in range(12)]
    page = render_fleet(FleetOverview(NOON, [a_row("m")], concerns, []))
    assert page.count("in quarantine") == 10
    assert "and 2 more" in page


def test_the_cost_of_the_month_is_shown_of_models_that_cost_something() -> None:
    page = render_fleet(FleetOverview(NOON, [a_row("free"), a_row("dear", spent=1234.5)], [], []))
    assert "costs those of this month" in page
    assert {row[0]: row[8] for row in rows_in(page)} == {"free": "", "dear": "$1,234.50"}


def test_a_calm_fleet_and_an_empty_one_say_so() -> None:
    assert "Nothing needs you." in render_fleet(FleetOverview(NOON, [a_row("m")], [], []))
    empty = render_fleet(FleetOverview(NOON, [], [], []))
    assert "No model has a policy yet." in empty
    assert "<script" not in empty


def test_no_name_becomes_markup_or_ends_the_script() -> None:
    for name in (NASTY, ENDS_THE_SCRIPT):
        page = render_fleet(a_fleet(name))
        assert name not in page
        assert page.count("<script") == 2
        assert rows_in(page)[0][10] == name
        assert Tags(page).open == []


def test_only_the_script_of_the_page_may_run() -> None:
    page = unescape(render_fleet(a_fleet()))
    assert re.search(r"default-src 'none'; .*; script-src 'sha256-[A-Za-z0-9+/]{43}='\"", page)
    assert "unsafe-inline'; base-uri" in page


def test_without_a_script_the_first_models_are_there_and_the_others_counted() -> None:
    page = render_fleet(a_fleet())
    assert page.count("<tr id=") == 200
    assert "60 more are shown by a browser that runs scripts" in page


@pytest.mark.parametrize("name", ["models", "more", "filter", "shown", "tools"])
def test_no_row_has_the_id_of_a_part_of_the_page(name: str) -> None:
    page = render_fleet(FleetOverview(NOON, [a_row(name)], [], []))
    ids = re.findall(r"\bid='?([\w-]+)", page)
    assert len(set(ids)) == len(ids)

"""The pages as a person sees them, in a real browser."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from auto_retrain.report import render_fleet
from local.paths import NODE
from tests.unit.report.back_tests import a_back_test_page
from tests.unit.report.fleets import LONGEST, a_fleet
from tests.unit.report.pages import NASTY, a_job_page, a_page, a_request_page

CHROMIUM = NODE / "node_modules" / "@sparticuz" / "chromium"
LOOK = Path(__file__).with_name("look.mjs")
DEVICES = ("phone", "desk")

pytestmark = [
    pytest.mark.skipif(not shutil.which("node"), reason="needs Node.js, which .ci/run installs"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium, which `make setup` installs with npm"),
]


# Pages with the nastiest names.
PAGES: dict[str, Callable[[], str]] = {
    "report": lambda: a_page(nasty=True),
    "job": lambda: a_job_page(nasty=True),
    "request": lambda: a_request_page(NASTY),
    "back-test": lambda: a_back_test_page(NASTY, NASTY),
    "fleet": lambda: render_fleet(a_fleet(NASTY)),
}
# The rows of the table of the fleet, and the code that shows them.
SCRIPTS = {"fleet": 2}
everywhere = pytest.mark.parametrize(("page", "device"), [(page, device) for page in PAGES for device in DEVICES])

Seen = dict[tuple[str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What the browser says of each page, by page and device."""
    folder = tmp_path_factory.mktemp("pages")
    files = [folder / f"{name}.html" for name in PAGES]
    for file, page in zip(files, PAGES.values(), strict=True):
        file.write_text(page(), encoding="utf-8")
    command = ["node", str(LOOK), str(NODE / "node_modules"), str(folder), *map(str, files)]
    # It unpacks itself into the temporary folder, where another process may be doing the same.
    with TemporaryDirectory() as unpacked:
        env = {**os.environ, "TMPDIR": unpacked}
        answer = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)
    if "error while loading shared libraries" in answer.stderr:
        pytest.skip("Chromium needs libnss3, which .ci/run installs")
    assert answer.returncode == 0, answer.stderr
    assert all((folder / f"{page}-{device}.png").stat().st_size > 10_000 for page in PAGES for device in DEVICES)
    return {(one["about"], one["name"]): one for one in json.loads(answer.stdout)}


@everywhere
def test_nothing_in_the_data_becomes_markup_or_is_run(seen: Seen, page: str, device: str) -> None:
    one = seen[page, device]
    assert (one["scripts"], one["images"], one["complaints"]) == (SCRIPTS.get(page, 0), 0, [])
    assert NASTY in one["text"]


@everywhere
def test_nothing_is_fetched_but_the_page(seen: Seen, page: str, device: str) -> None:
    assert seen[page, device]["requests"] == 1


@everywhere
def test_it_fits_the_screen_and_can_be_read(seen: Seen, page: str, device: str) -> None:
    assert seen[page, device]["overflow"] <= 0
    assert seen[page, device]["smallest"] >= 13


@pytest.mark.parametrize("device", DEVICES)
def test_all_parts_and_both_versions_curves_are_there(seen: Seen, device: str) -> None:
    one = seen["report", device]
    assert one["headings"] == [
        "Gates",
        "Why it was retrained",
        "Metrics",
        "Curves",
        "Confusion matrix",
        "Slices",
        "Data",
        "Drift from training to holdout",
        "Evidence",
    ]
    assert [lines for lines in one["charts"] if lines] == [2, 2, 2]
    assert one["chartWidth"] > 200


@pytest.mark.parametrize("device", DEVICES)
def test_the_page_about_a_job_begins_with_its_timeline(seen: Seen, device: str) -> None:
    assert seen["job", device]["headings"] == [
        "Timeline",
        "Gates",
        "Compared with the champion",
        "Why it was retrained",
        "Data",
        "Drift from training to holdout",
        "Cost",
        "Where the rest is",
    ]
    assert seen["job", device]["chartWidth"] > 200


@pytest.mark.parametrize("device", DEVICES)
def test_both_policies_of_a_back_test_are_drawn_large_enough_to_read(seen: Seen, device: str) -> None:
    one = seen["back-test", device]
    assert one["headings"] == [
        "Side by side",
        "Metric, champions and decisions",
        "Retrainings",
        "What started nothing",
        "Days beyond the limit",
        "What served",
    ]
    assert one["charts"] == [2, 2]
    assert one["chartWidth"] > 300


@pytest.mark.parametrize("device", DEVICES)
def test_the_table_of_the_fleet_is_filtered_sorted_and_shown_in_parts(seen: Seen, device: str) -> None:
    table = seen["fleet", device]["table"]
    assert {name: shown["rows"] for name, shown in table.items()} == {
        "first": 200,
        "more": 260,
        "filtered": 2,
        "none": 0,
        "champions": 200,
        "up": 200,
        "down": 200,
        "cheap": 200,
        "dear": 200,
    }
    assert table["champions"]["champions"] == [NASTY, "9", "12"]
    assert max(shown["overflow"] for shown in table.values()) <= 0
    assert (table["up"]["first"], table["down"]["first"]) == ("model-churn-000", f"model-{LONGEST}")
    assert table["dear"]["first"] == "model-churn-006", "amounts are sorted as numbers"


def test_jobs_that_have_ended_lead_to_their_pages(seen: Seen) -> None:
    assert seen["fleet", "desk"]["table"]["more"]["links"] == 258


@pytest.mark.parametrize("page", PAGES)
def test_it_is_light_by_day_and_dark_by_night(seen: Seen, page: str) -> None:
    backgrounds = [seen[page, device]["background"] for device in ("phone", "desk")]
    assert backgrounds == ["rgb(255, 255, 255)", "rgb(18, 22, 29)"]

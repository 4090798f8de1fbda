"""The report as a person sees it, in a real browser."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from local.paths import NODE
from tests.unit.report.pages import NASTY, a_page

CHROMIUM = NODE / "node_modules" / "@sparticuz" / "chromium"
LOOK = Path(__file__).with_name("look.mjs")

pytestmark = [
    pytest.mark.skipif(not shutil.which("node"), reason="needs Node.js, which .ci/run installs"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium, which `make setup` installs with npm"),
]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What the browser told of the page with the nastiest names, by device."""
    folder = tmp_path_factory.mktemp("report")
    (folder / "report.html").write_text(a_page(nasty=True), encoding="utf-8")
    command = ["node", str(LOOK), str(NODE / "node_modules"), str(folder / "report.html"), str(folder)]
    # It unpacks itself into the temporary folder, where another process may be doing the same.
    with TemporaryDirectory() as unpacked:
        env = {**os.environ, "TMPDIR": unpacked}
        told = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)
    if "error while loading shared libraries" in told.stderr:
        pytest.skip("Chromium needs libnss3, which .ci/run installs")
    assert told.returncode == 0, told.stderr
    assert all((folder / f"{name}.png").stat().st_size > 10_000 for name in ("phone", "desk"))
    return {found["name"]: found for found in json.loads(told.stdout)}


@pytest.mark.parametrize("device", ["phone", "desk"])
def test_nothing_in_the_data_becomes_markup_or_is_run(seen: dict[str, dict[str, Any]], device: str) -> None:
    found = seen[device]
    assert (found["scripts"], found["images"], found["complaints"]) == (0, 0, [])
    assert NASTY in found["text"]


@pytest.mark.parametrize("device", ["phone", "desk"])
def test_nothing_is_fetched_but_the_page(seen: dict[str, dict[str, Any]], device: str) -> None:
    assert seen[device]["requests"] == 1


@pytest.mark.parametrize("device", ["phone", "desk"])
def test_it_fits_the_screen_and_can_be_read(seen: dict[str, dict[str, Any]], device: str) -> None:
    assert seen[device]["overflow"] <= 0
    assert seen[device]["smallest"] >= 13


@pytest.mark.parametrize("device", ["phone", "desk"])
def test_all_parts_and_both_versions_curves_are_there(seen: dict[str, dict[str, Any]], device: str) -> None:
    assert seen[device]["headings"] == [
        "Why it was retrained",
        "Metrics",
        "Curves",
        "Confusion matrix",
        "Slices",
        "Gates",
        "Data",
        "Drift from training to holdout",
        "Evidence",
    ]
    assert seen[device]["charts"] == [2, 2, 2]
    assert seen[device]["chartWidth"] > 200


def test_it_is_light_by_day_and_dark_by_night(seen: dict[str, dict[str, Any]]) -> None:
    assert (seen["phone"]["background"], seen["desk"]["background"]) == ("rgb(255, 255, 255)", "rgb(18, 22, 29)")

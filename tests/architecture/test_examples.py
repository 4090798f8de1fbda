"""Every example runs, and prints what the page about it shows."""

import re
import runpy
import sys

import pytest

from local.paths import ROOT

FOLDER, PAGE = ROOT / "docs" / "examples", ROOT / "docs" / "examples.md"
HELPER = "answers"
NAMES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != HELPER)
SHOWN = dict(re.findall(r"\(\[`(\w+)\.py`\].*?```text\n(.*?)```", PAGE.read_text(), re.DOTALL))


def test_the_page_shows_every_example() -> None:
    assert sorted(SHOWN) == NAMES
    assert len(NAMES) == 7


@pytest.mark.parametrize("name", NAMES)
def test_an_example_prints_what_the_page_shows(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(FOLDER)
    try:
        runpy.run_path(str(FOLDER / f"{name}.py"))
    finally:
        sys.modules.pop(HELPER, None)
    # Ids of jobs differ from run to run.
    assert re.sub(r"-[0-9a-f]{10}\b", "-…", capsys.readouterr().out) == SHOWN[name]

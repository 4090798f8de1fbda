"""Every example runs and prints what its page shows; the page about Python leaves nothing out."""

import re
import runpy
import sys

import pytest

from auto_retrain import AutoRetrainPipeline
from auto_retrain.in_memory import InMemory
from auto_retrain.pipeline_options import OPTIONS
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


@pytest.mark.parametrize("kind", [AutoRetrainPipeline, InMemory], ids=lambda kind: kind.__name__)
def test_every_method_is_on_the_page_about_python(kind: type) -> None:
    page = (ROOT / "docs" / "python.md").read_text()
    methods = {
        name for name, value in vars(kind).items() if not name.startswith("_") and not isinstance(value, property)
    }
    assert {name for name in methods if f"{name}(" not in page} == set()


def test_every_option_is_on_the_page_about_python() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `[A-Z_]+` \|$", (ROOT / "docs" / "python.md").read_text(), re.MULTILINE)
    assert sorted(rows) == list(OPTIONS)

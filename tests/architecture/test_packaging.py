"""`pip install .` installs what the code needs, and the same packages as the layers."""

import re
import tomllib
from importlib import import_module
from pathlib import Path

from local.paths import CORE, ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LAYERS = ROOT / "layers"


def names_in(folder: Path) -> set[str]:
    lines = (line.partition("#")[0].strip() for line in (folder / "requirements.in").read_text().splitlines())
    return {re.split(r"[\[<>=!~; ]", line)[0] for line in lines if line}


def locked_in(lock: Path) -> list[str]:
    return re.findall(r"^([a-z0-9-]+)==", lock.read_text(), re.MULTILINE)


def test_the_command_line_requires_the_vendor_layer_and_what_only_people_need() -> None:
    people = {"pyyaml", "rich", "typer"}
    assert set(PROJECT["project"]["dependencies"]) == names_in(LAYERS / "vendor") | people
    assert not people & {name for folder in LAYERS.glob("*/requirements.txt") for name in locked_in(folder)}


def test_the_data_extra_requires_the_layers_for_data() -> None:
    data = set(PROJECT["project"]["optional-dependencies"]["data"])
    assert data == names_in(LAYERS / "numeric") | names_in(LAYERS / "scientific") | names_in(LAYERS / "columnar")


def test_the_command_runs_our_package() -> None:
    module, _, function = PROJECT["project"]["scripts"]["auto-retrain"].partition(":")
    assert callable(getattr(import_module(module), function))
    (package,) = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert ROOT / package == CORE / "auto_retrain"

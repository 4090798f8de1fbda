"""The benchmark measures everything that is deployed, and its programs still fit what they measure."""

import ast
import json
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest

from auto_retrain.adapters.dynamodb.keys import SHARDS
from local.bench import (
    audit,
    back_testing,
    champions,
    fleet_page,
    imports,
    large_profile,
    large_sweep,
    rollouts,
    stored_rollouts,
    sweep,
    trained_back_test,
    validation,
    watch,
)
from local.paths import ROOT

PROGRAMS = [
    audit.VERIFYING,
    large_profile.OURS,
    large_sweep.PROGRAM,
    imports.PROBE,
    trained_back_test.PROGRAM.read_text(),
    validation.PROBE,
    watch.PROBE,
]


def test_every_function_is_measured_with_the_ports_that_it_builds() -> None:
    assert set(imports.PORTS) == {path.parent.name for path in (ROOT / "functions").glob("*/app.py")}


@pytest.mark.parametrize("program", PROGRAMS, ids=range(len(PROGRAMS)))
def test_what_a_program_imports_from_this_repository_exists(program: str) -> None:
    """Programs are texts for processes of their own, into which neither linter nor type checker looks."""
    imported = [node for node in ast.walk(ast.parse(program)) if isinstance(node, ast.ImportFrom)]
    names = [(node.module or "", alias.name) for node in imported for alias in node.names]
    ours = [(module, name) for module, name in names if module.startswith(("auto_retrain", "local"))]
    assert all(hasattr(import_module(module), name) for module, name in ours)


@pytest.mark.parametrize("program", [large_profile.DUCKDB, large_profile.POLARS])
def test_the_programs_of_others_are_python(program: str) -> None:
    compile(program, "program", "exec")


def test_the_calls_of_a_large_sweep_are_counted_by_kind(capsys: pytest.CaptureFixture[str]) -> None:
    large_sweep.main(models=400)
    taken = json.loads(capsys.readouterr().out)
    assert taken["calls"]["GetMetricData"] == 2
    assert taken["calls"]["Query"] == SHARDS
    assert taken["later"]["GetMetricData"] <= 1


@pytest.mark.parametrize(
    ("part", "sizes"),
    [
        (back_testing, {"MODELS": 1, "OF_FLEET": 2}),
        (champions, {"SIZES": {20: None}, "LATENCY_SECONDS": 0.0}),
        (fleet_page, {"MODELS": 20, "MAX_JOBS": 10}),
        (rollouts, {"MODELS": 20, "LATENCY_SECONDS": 0.0}),
        (stored_rollouts, {"ROLLOUTS": 20}),
        (sweep, {"SIZES": {60: (5, None)}}),
    ],
    ids=lambda value: value.__name__.rsplit(".", 1)[-1] if isinstance(value, ModuleType) else "",
)
def test_a_fleet_is_measured_on_a_machine_without_an_account(
    part: ModuleType, sizes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name, size in sizes.items():
        monkeypatch.setattr(part, name, size)
    assert all(figure.value >= 0 for figure in part.measure())

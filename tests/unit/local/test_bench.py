"""The benchmark measures everything that is deployed, and its programs still fit what they measure."""

import ast
from importlib import import_module

import pytest

from local.bench import audit, drift, imports, validation, watch
from local.paths import ROOT


def test_every_function_is_measured_with_the_ports_that_it_builds() -> None:
    assert set(imports.PORTS) == {path.parent.name for path in (ROOT / "functions").glob("*/app.py")}


@pytest.mark.parametrize("program", [audit.VERIFYING, drift.PROFILING, imports.PROBE, validation.PROBE, watch.PROBE])
def test_what_a_program_imports_from_this_repository_exists(program: str) -> None:
    """Programs are texts for processes of their own, into which neither linter nor type checker looks."""
    imported = [node for node in ast.walk(ast.parse(program)) if isinstance(node, ast.ImportFrom)]
    names = [(node.module or "", alias.name) for node in imported for alias in node.names]
    ours = [(module, name) for module, name in names if module.startswith(("auto_retrain", "local"))]
    assert all(hasattr(import_module(module), name) for module, name in ours)

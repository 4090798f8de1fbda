"""Imports only go downwards; a rule that is only written down gets broken."""

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from local.paths import CORE, ROOT

PACKAGE = CORE / "auto_retrain"
FILES = sorted(PACKAGE.rglob("*.py"))

PURE = {"domain", "statistics"}
JUDGES = {"analysis", "comparison", "data_checks", "gates", "holds", "proof", "proposing", "strategies", "triggers"}
# What each part of the package may import from the others.
MAY_IMPORT = {
    "statistics": set(),
    "domain": set(),
    "comparison": PURE,
    "data_checks": PURE,
    "triggers": PURE,
    "gates": PURE,
    "analysis": PURE,
    "strategies": PURE,
    "proof": PURE,
    "proposing": {"domain"},
    "holds": {"domain", "triggers"},
    "report": {"domain"},
    "ports": {"domain"},
    "usecases": PURE | JUDGES | {"ports", "report"},
    "settings": {"domain"},
    "adapters": {"domain", "ports", "settings"},
    "bootstrap": {"adapters", "domain", "ports", "settings"},
    "entrypoint": {"bootstrap", "domain"},
    "in_memory": {"bootstrap", "comparison", "domain", "ports", "usecases"},
    "local_stack": {"domain"},
    "pipeline_options": set(),
    "pipeline": {"bootstrap", "domain", "in_memory", "local_stack", "pipeline_options", "ports", "usecases"},
    "cli": {"bootstrap", "local_stack", "domain", "pipeline", "ports", "usecases"},
    "serving": {"bootstrap", "domain", "ports"},
    "__init__": {"domain", "pipeline", "usecases"},
}
# The stages of the use cases, bottom up: each may import the ones before it, and the files next to the folders.
STAGES = (
    "audit",
    "reporting",
    "notifying",
    "foreseeing",
    "data",
    "triggering",
    "training",
    "validating",
    "rolling_out",
    "promoting",
    "drilling",
    "after_promotion",
    "ending",
    "watching",
    "operating",
    "back_testing",
)
# The third-party packages that each part may use; parts that are not listed use none.
PYDANTIC = {"pydantic", "pydantic_core"}
MAY_USE = {
    "statistics": {"numpy", "scipy"},
    "comparison": {"numpy"},
    "domain": PYDANTIC | {"cronsim", "rfc8785"},
    "proof": {"rfc8785"},
    "usecases": PYDANTIC | {"numpy"},
    "adapters": PYDANTIC | {"botocore", "requests", "urllib3", "numpy", "pyarrow", "yaml"},
    "pipeline": PYDANTIC,
    "entrypoint": PYDANTIC | {"aws_lambda_powertools"},
    "cli": PYDANTIC | {"rich", "typer", "yaml"},
}


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def module_of(path: Path) -> str:
    base = CORE if path.is_relative_to(CORE) else ROOT
    return ".".join(path.relative_to(base).with_suffix("").parts).removesuffix(".__init__")


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Absolute names of everything that a file imports, both modules and their contents."""
    return tuple(_imports(path))


@cache
def attributes(path: Path) -> tuple[tuple[str, str], ...]:
    """Every attribute that a file names, with the name that it is taken from, if it is one."""
    return tuple((getattr(node.value, "id", ""), node.attr) for node in nodes(path) if isinstance(node, ast.Attribute))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """What rules look at: a file is parsed once for all of them."""
    kinds = (ast.Import, ast.ImportFrom, ast.Attribute)
    return tuple(node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, kinds))


def _imports(path: Path) -> Iterator[str]:
    package = path.relative_to(CORE if path.is_relative_to(CORE) else ROOT).parts[:-1]
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = [*base, node.module] if node.module else base
            yield ".".join(module)
            yield from (".".join([*module, alias.name]) for alias in node.names)


def offending(files: list[Path], wrong: Callable[[Path], set[str]]) -> dict[str, set[str]]:
    """What is wrong with which files of the package, if anything."""
    return {str(path.relative_to(PACKAGE)): found for path in files if (found := wrong(path))}


def test_a_module_imports_only_from_below() -> None:
    def from_above(path: Path) -> set[str]:
        parts = {name.split(".")[1] for name in imports(path) if name.startswith("auto_retrain.")}
        return parts - {part_of(path)} - MAY_IMPORT[part_of(path)]

    assert not offending(FILES, from_above)


def test_a_module_uses_only_the_third_party_packages_of_its_part() -> None:
    everywhere = {*sys.stdlib_module_names, "auto_retrain"}

    def foreign(path: Path) -> set[str]:
        return {name.split(".")[0] for name in imports(path)} - everywhere - MAY_USE.get(part_of(path), set())

    assert not offending(FILES, foreign)


USECASES = [path for path in FILES if part_of(path) == "usecases"]


def stage_of(module: str) -> str | None:
    """The stage of a module; None for the files next to the folders and outside the use cases."""
    _, part, *rest = [*module.split("."), "", ""]
    return rest[0] if part == "usecases" and rest[0] in STAGES else None


def test_a_stage_imports_only_stages_below_it() -> None:
    def from_above(path: Path) -> set[str]:
        own = stage_of(module_of(path))
        used = {stage for name in imports(path) if (stage := stage_of(name))}
        return used - {own, *STAGES[: STAGES.index(own) if own else 0]}

    assert not offending(USECASES, from_above)


def test_every_folder_of_use_cases_is_a_stage() -> None:
    assert {path.name for path in (PACKAGE / "usecases").iterdir() if (path / "__init__.py").exists()} == set(STAGES)


FUNCTIONS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_use_cases_of_functions_do_not_import_each_other(name: str) -> None:
    (path,) = (PACKAGE / "usecases").glob(f"*/{name}.py")
    used = {imported.split(".")[-1] for imported in imports(path) if imported.startswith("auto_retrain.usecases.")}
    assert not used & set(FUNCTIONS)


def test_there_are_no_circular_imports() -> None:
    """Including imports inside functions; the standard library's sorter raises CycleError naming the cycle."""
    modules = {module_of(path): path for path in [*FILES, *sorted((ROOT / "local").rglob("*.py"))]}
    # A module is always loaded after its own packages, so importing from them is not a cycle.
    graph = {
        name: {other for other in imports(path) if other in modules and not f"{name}.".startswith(f"{other}.")}
        for name, path in modules.items()
    }
    TopologicalSorter(graph).prepare()


@pytest.mark.parametrize("name", ["environ", "getenv"])
def test_only_the_bootstrap_and_the_command_line_read_the_environment(name: str) -> None:
    readers = {
        part_of(path)
        for path in FILES
        # It passes the environment on to a credential program, as for any child process.
        if path.name != "kubeconfig_tokens.py"
        if name in {attribute for _, attribute in attributes(path)}
    }
    assert readers <= {"bootstrap", "cli"}


CLOCKS = {(owner, name) for owner in ("datetime", "date") for name in ("now", "utcnow", "today")}


def test_only_the_clock_adapter_reads_the_time() -> None:
    readers = {path.relative_to(PACKAGE).as_posix() for path in FILES if CLOCKS & set(attributes(path))}
    # The cluster in memory has its own clock, as any cluster does.
    assert readers <= {"adapters/clock.py", "adapters/memory/cluster.py"}


def test_every_module_can_be_imported_with_an_empty_environment() -> None:
    names = [".".join(path.relative_to(CORE).with_suffix("").parts).removesuffix(".__init__") for path in FILES]
    code = f"import sys; sys.path.insert(0, {str(CORE)!r})\nfor name in {names!r}: __import__(name)"
    finished = subprocess.run([sys.executable, "-c", code], env={}, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr


def test_a_function_is_a_few_lines_around_the_use_case_with_its_name() -> None:
    apps = sorted((ROOT / "functions").glob("*/app.py"))
    assert len(apps) == 21
    for app in apps:
        name = app.parent.name
        assert len(list((PACKAGE / "usecases").glob(f"*/{name}.py"))) == 1
        assert f"handler = lambda_entrypoint({name})" in app.read_text()
        assert len(app.read_text().splitlines()) <= 10

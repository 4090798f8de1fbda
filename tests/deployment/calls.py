"""What each function calls outside itself, read from the source of its use case."""

import ast
import re
from functools import cache
from pathlib import Path

from local.paths import CORE

USECASES = CORE / "auto_retrain" / "usecases"


def use_case_of(function: str) -> str:
    name = function.removesuffix("Function")
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def module_of(use_case: str) -> Path:
    (path,) = USECASES.glob(f"*/{use_case}.py")
    return path


@cache
def definitions_in(path: Path) -> dict[str, ast.stmt]:
    """Functions and classes of a module, by name."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    return {node.name: node for node in ast.parse(path.read_text()).body if isinstance(node, kinds)}


@cache
def imports_in(path: Path) -> dict[str, tuple[Path, str]]:
    """Names that a module imports from other use cases, at any level: file and original name by local name."""
    imports = {}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level and node.module:
            file = path.parents[node.level - 1].joinpath(*node.module.split(".")).with_suffix(".py")
            if file.is_relative_to(USECASES) and file.exists():
                imports.update({alias.asname or alias.name: (file, alias.name) for alias in node.names})
    return imports


def calls_of(path: Path, name: str, seen: set[tuple[Path, str]]) -> set[str]:
    """Every PORT.METHOD that a function calls or value that it reads, itself or through other use cases."""
    if (path, name) in seen or name not in definitions_in(path):
        return set()
    seen.add((path, name))
    source = ast.unparse(definitions_in(path)[name])
    calls = set(re.findall(r"\b_?ports\.(\w+\.\w+|limits\b|channels\b\[?)", source))
    for used in set(re.findall(r"\b[A-Za-z_]\w*\b", source)) - {name}:
        calls |= calls_of(*imports_in(path).get(used, (path, used)), seen)
    return calls


def calls_of_function(function: str) -> set[str]:
    use_case = use_case_of(function)
    return calls_of(module_of(use_case), use_case, set())

"""Finds a user's function by its name, `module:function`."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from .errors import TrainerBroken


def find(what: str, name: str) -> Callable[..., Any]:
    """Import it; raises TrainerBroken when that fails, for whatever reason."""
    module, _, function = name.partition(":")
    try:
        found: Callable[..., Any] = getattr(import_module(module), function)
    except Exception as error:
        raise TrainerBroken(f"{what} {name} cannot be imported: {type(error).__name__}: {error}") from error
    return found

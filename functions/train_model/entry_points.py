"""Imports a user's function by its name, `module:function`."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from .errors import TrainerBroken


def import_function(role: str, name: str) -> Callable[..., Any]:
    """Import a function; raises TrainerBroken if that fails for any reason."""
    module, _, attribute = name.partition(":")
    try:
        function: Callable[..., Any] = getattr(import_module(module), attribute)
    except Exception as error:
        raise TrainerBroken(f"{role} {name} cannot be imported: {type(error).__name__}: {error}") from error
    return function

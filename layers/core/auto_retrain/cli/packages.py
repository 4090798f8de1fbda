"""Packages that only some commands need."""

from collections.abc import Iterator
from contextlib import contextmanager

from ..domain.errors import PermanentError


@contextmanager
def packages_for_data(command: str) -> Iterator[None]:
    """If a package such as numpy is missing, says how to install it."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise PermanentError(f"{command} needs {error.name}: pip install '.[data]'") from error

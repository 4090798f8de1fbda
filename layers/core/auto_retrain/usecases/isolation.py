"""Isolates the steps of a pass over many models: whatever one of them raises, the others go on."""

import logging
from collections.abc import Callable
from typing import TypeVar

from ..domain.errors import AutoRetrainError

Result = TypeVar("Result")

_LOG = logging.getLogger(__name__)


def attempt(step: Callable[[], Result], name: str, problems: list[str]) -> Result | None:
    """The result of a step; one that fails adds a sentence to `problems` and returns None.

    An error that we did not foresee is only named there, because its text may quote anything; the log has all of it.
    """
    try:
        return step()
    except AutoRetrainError as error:
        problems.append(f"{name}: {type(error).__name__}: {error}")
    except Exception as error:
        _LOG.exception("unexpected error in %s", name)
        problems.append(f"{name}: unexpected {type(error).__name__}, see the log")
    return None

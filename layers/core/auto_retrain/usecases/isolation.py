"""Isolates the steps of a pass over many models: whatever one of them raises, the others go on."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from ..domain.errors import AutoRetrainError, TransientError

Result = TypeVar("Result")

_LOG = logging.getLogger(__name__)


def attempt(step: Callable[[], Result], name: str, problems: list[str]) -> Result | None:
    """The result of a step; one that fails adds a sentence to `problems` and returns None."""
    try:
        return step()
    except Exception as error:
        problems.append(problem_of(name, error))
        return None


def problem_of(name: str, error: Exception) -> str:
    """What a step of this name raised, as a sentence for people."""
    if isinstance(error, AutoRetrainError):
        return f"{name}: {type(error).__name__}: {error}"
    # Its text may quote anything, so only the log has it.
    _LOG.error("unexpected error in %s", name, exc_info=error)
    return f"{name}: unexpected {type(error).__name__}, see the log"


@dataclass(frozen=True)
class Losses:
    """What failed in a pass; it has to be repeated for transient errors, but not for its other `problems`."""

    problems: list[str] = field(default_factory=list)
    transient: list[TransientError] = field(default_factory=list)

    def attempt(self, step: Callable[[], Result], name: str) -> Result | None:
        """The result of a step, or None if it failed."""
        try:
            return step()
        except Exception as error:
            self.add(name, error)
            return None

    def add(self, name: str, error: Exception) -> None:
        """Count what a step raised, to be repeated if it is transient."""
        if isinstance(error, TransientError):
            self.transient.append(error)
        else:
            self.count(name, error)

    def count(self, name: str, error: Exception) -> None:
        """Count what a step raised as a problem that repeating the pass does not solve."""
        self.problems.append(problem_of(name, error))

    def raise_transient(self) -> None:
        """Raise TransientError if anything may succeed later."""
        if self.transient:
            raise TransientError(f"failed steps: {len(self.transient)}, the first with: {self.transient[0]}")

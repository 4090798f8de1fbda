"""What a strategy is: it only decides on the next action, which a use case then carries out."""

from abc import ABC, abstractmethod
from typing import NamedTuple


class Promote(NamedTuple):
    """Let the challenger answer every request; the action is absolute, so repeating it changes nothing."""


class Strategy(ABC):
    """One way to put a validated challenger into production."""

    @abstractmethod
    def next_action(self) -> Promote:
        """What to do now."""

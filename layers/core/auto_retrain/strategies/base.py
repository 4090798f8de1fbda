"""What a strategy is: it only decides on the next action, which a use case then carries out."""

from abc import ABC, abstractmethod
from datetime import datetime
from typing import NamedTuple

from ..domain.analysis import RolloutEvidence
from ..domain.rollout import Rollout


class SetWeight(NamedTuple):
    """Let the challenger answer this percentage of the requests, in this step."""

    weight: int
    step: int
    reason: str


class Mirror(NamedTuple):
    """Copy this percentage of the requests to the challenger; nobody gets its answers."""

    share: int
    reason: str


class Promote(NamedTuple):
    """Let the challenger answer every request."""

    reason: str


class RollBack(NamedTuple):
    """Let the champion answer every request again."""

    reason: str


class Hold(NamedTuple):
    """Leave everything as it is; if that lacks data, it is rolled back at `gives_up_at` unless they come."""

    reason: str
    gives_up_at: datetime | None = None


# Each is absolute, so repeating it changes nothing.
Action = SetWeight | Mirror | Promote | RollBack | Hold


class Strategy(ABC):
    """One way to put a validated challenger into production."""

    @abstractmethod
    def first_action(self, rollout: Rollout) -> Action:
        """What to do when nothing has been done yet."""

    @abstractmethod
    def next_action(self, rollout: Rollout, evidence: RolloutEvidence | None, at: datetime) -> Action:
        """What to do now; the evidence is that of the present step, None before the first look at it."""

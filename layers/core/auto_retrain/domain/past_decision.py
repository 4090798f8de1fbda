"""A decision as it would have been made in the past, and what the past was like: its metric, and what served."""

from collections.abc import Sequence
from datetime import date
from typing import Literal, Self

from .base import Record, UtcTime
from .deployment_ledger import Change
from .ending import Ending
from .trigger_type import TriggerType

# What the metric of the window after a start, whose labels were not there yet, says about it.
Hindsight = Literal["confirmed", "needless", "unknown"]


class PastDecision(Record):
    """A decision as it would have been made; of one that starts a retraining, how that is taken to have ended.

    `needed` says of a start for the metric whether the metric of the window after it was beyond its limit as well, with
    the same version in production.
    """

    at: UtcTime
    trigger_type: TriggerType
    outcome: Literal["started", "suppressed", "not_due"]
    held_by: str | None = None
    reason: str
    ending: Ending | None = None
    usd: float | None = None
    needed: Hindsight | None = None

    @property
    def cells(self) -> tuple[str | None, ...]:
        """When, why, how it ended, whether it was needed, and the reason."""
        return f"{self.at:%F %R}Z", self.trigger_type.value, self.ending, self.needed, self.reason


class BeyondLimit(Record):
    """Days in a row on which the metric was beyond its limit, as the window around each of them shows.

    `answered` is when the first retraining would have started since the first of these days, None if none before the
    last one.
    """

    first: date
    last: date
    answered: UtcTime | None = None

    def answered_by(self, starts: Sequence[PastDecision]) -> Self:
        """The same days, answered by the first of these retrainings, which are in order of time."""
        first = next((each.at for each in starts if self.first <= each.at.date() <= self.last), None)
        return self.changed(answered=first)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def days_unanswered(self) -> int:
        """On how many of them nothing had been started yet."""
        return min((self.answered.date() - self.first).days, self.days) if self.answered else self.days


class Level(Record):
    """The metric over the evaluation window around a day."""

    day: date
    value: float


class Served(Record):
    """A version that served from then on, and what put it there."""

    at: UtcTime
    version: str
    change: Change

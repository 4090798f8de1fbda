"""What a policy would have decided in the past."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Literal

from .base import Record, UtcTime
from .deployment_ledger import Change
from .ending import Ending
from .trigger_type import TriggerType
from .windows import Window

# What the metric of the window after a start, whose labels were not there yet, says about it.
Hindsight = Literal["confirmed", "needless", "unknown"]
# Retrainings that two policies start at most so long after each other are taken for the same one.
_SAME = timedelta(days=3)


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


class BeyondLimit(Record):
    """Days in a row on which the metric was beyond its limit, as the window around each of them shows.

    `answered` is when the first retraining would have started since the first of these days, None if none before the
    last one.
    """

    first: date
    last: date
    answered: UtcTime | None = None

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


class BackTest(Record):
    """All decisions of a time, oldest first, and the days on which the metric was beyond its limit.

    `champions` are what served, beginning with what did on the first day. `levels` are the days of which the metric is
    known, and `limit` is what the policy compares it with; there are none if it does not judge the metric. `unread`
    says why the metric could not be read afterwards.
    """

    model_name: str
    days: Window
    decisions: tuple[PastDecision, ...]
    champions: tuple[Served, ...] = ()
    metric: str = ""
    limit: float | None = None
    levels: tuple[Level, ...] = ()
    beyond: tuple[BeyondLimit, ...] = ()
    unread: str | None = None

    @property
    def starts(self) -> list[PastDecision]:
        return [decision for decision in self.decisions if decision.outcome == "started"]

    @property
    def starts_by_trigger(self) -> Mapping[TriggerType, int]:
        """How many retrainings each kind of trigger would have started; those that never would are left out."""
        return Counter(decision.trigger_type for decision in self.starts)

    def starts_beside(self, other: "BackTest") -> list[PastDecision]:
        """The retrainings that it would have started, and the other one would not at about the same time."""
        times = [decision.at for decision in other.starts]
        return [each for each in self.starts if not any(abs(each.at - at) <= _SAME for at in times)]

    @property
    def days_beyond(self) -> int:
        return sum(each.days for each in self.beyond)

    @property
    def days_unanswered(self) -> int:
        """On how many of these days nothing had been started yet."""
        return sum(each.days_unanswered for each in self.beyond)

    @property
    def held(self) -> Mapping[str, int]:
        """How many decisions each hold held back, the most frequent first."""
        counts = Counter(decision.held_by for decision in self.decisions if decision.held_by)
        return {str(kind): count for kind, count in counts.most_common()}

    @property
    def usd(self) -> float | None:
        """The forecast of all that would have been started; None if that of any is not known."""
        costs = [decision.usd for decision in self.starts]
        return None if None in costs else round(sum(cost or 0.0 for cost in costs), 6)

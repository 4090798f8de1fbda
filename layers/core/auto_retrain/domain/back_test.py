"""What a policy would have decided in the past, and what that comes to beside another one."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import get_args

from .base import Record
from .cost import dollars
from .notebook import as_table
from .past_decision import BeyondLimit, Hindsight, Level, PastDecision, Served
from .trigger_type import TriggerType
from .windows import Window

CAVEAT = "nothing was trained, and what served is as it was"
TRAINED_CAVEAT = "its retrainings were carried out on today's data; a review counts as approved"
# Retrainings that two policies start at most so long after each other are taken for the same one.
_SAME = timedelta(days=3)


class BackTest(Record):
    """All decisions of a time, oldest first, and the days on which the metric was beyond its limit.

    `champions` are what served, beginning with what did on the first day. `levels` are the days of which the metric is
    known, and `limit` is what the policy compares it with, None if it does not judge the metric. `unread`
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
    def needless(self) -> int:
        """How many of them later labels call needless."""
        return sum(decision.needed == "needless" for decision in self.starts)

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

    def _repr_html_(self) -> str:
        rows = [("at", "trigger", "ended", "later labels", "reason"), *(each.cells for each in self.starts)]
        return as_table(f"Back-test of {self.model_name}, {self.days}", summary({self.model_name: self})) + (
            as_table("Retrainings", rows) if self.starts else ""
        )


def summary(tests: Mapping[str, BackTest]) -> list[tuple[str, ...]]:
    """The name of a row, and then its text for each test; rows that belong to the one before begin with two spaces."""
    columns = [dict(_column(test, tests)) for test in tests.values()]
    return [(name, *(column[name] for column in columns)) for name in columns[0]]


def _column(test: BackTest, tests: Mapping[str, BackTest]) -> Iterator[tuple[str, str]]:
    others = [other for other in tests.values() if other is not test]
    yield "retrainings", str(len(test.starts))
    for kind in TriggerType:
        if any(kind in each.starts_by_trigger for each in tests.values()):
            yield f"  {kind.value.replace('_', ' ')}", str(test.starts_by_trigger.get(kind, 0))
    for other in others:
        yield "  only with this policy", str(len(test.starts_beside(other)))
    yield "  later labels", _later_labels(test)
    yield "days beyond the limit", _beyond(test)
    held = ", ".join(f"{kind.replace('_', ' ')} {count}" for kind, count in test.held.items())
    yield "held back", held or "nothing"
    yield "forecast cost", dollars(test.usd) if test.usd is not None else "not known"


def _later_labels(test: BackTest) -> str:
    needed = [decision.needed for decision in test.starts]
    return ", ".join(f"{needed.count(name)} {name}" for name in get_args(Hindsight) if name in needed) or "-"


def _beyond(test: BackTest) -> str:
    if test.unread:
        return f"not known: {test.unread}"
    if not test.levels:
        return "-" if test.limit is None else "not known on any day"
    return f"{test.days_beyond} of {len(test.levels)} known, {test.days_unanswered} before a retraining"

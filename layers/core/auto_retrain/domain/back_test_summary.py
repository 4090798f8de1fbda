"""What back-tests come to, as a table with a column for each: how often, how soon, held back by what, at which cost."""

from collections.abc import Iterator, Mapping
from typing import get_args

from .back_test import BackTest, Hindsight
from .cost import dollars
from .trigger_type import TriggerType

CAVEAT = "nothing was trained, and what served is as it was"
TRAINED_CAVEAT = "its retrainings were carried out on today's data; a review counts as approved"


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
    return f"{test.days_beyond}, {test.days_unanswered} before a retraining"

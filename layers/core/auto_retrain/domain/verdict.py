"""The one language of decisions: a check judges evidence and answers with a verdict."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Literal

from .base import Record


class Outcome(StrEnum):
    """Whether the condition that a check states holds; unknown is never yes."""

    MET = "met"
    INCONCLUSIVE = "inconclusive"
    UNMET = "unmet"
    ERROR = "error"


Evidence = Literal["counted", "point_only", "bare_rule"]

_WORST_LAST = [Outcome.MET, Outcome.INCONCLUSIVE, Outcome.UNMET, Outcome.ERROR]


class Verdict(Record):
    """What one check found.

    `value` is compared with `limit`, both in the unit of the check; `n` counts the rows behind them;
    `interval` is two-sided 95 %; `p_value` is one-sided. `evidence` says how strong it is: rows were counted, only a
    point value is known, or the policy asked for the bare rule.
    """

    check: str
    outcome: Outcome
    reason: str
    value: float | None = None
    limit: float | None = None
    n: int | None = None
    interval: tuple[float, float] | None = None
    p_value: float | None = None
    evidence: Evidence | None = None

    @property
    def met(self) -> bool:
        return self.outcome is Outcome.MET


def worst(verdicts: Iterable[Verdict]) -> Outcome:
    """The outcome of gates taken together; without any verdict nothing is known."""
    outcomes = [verdict.outcome for verdict in verdicts]
    return max(outcomes, key=_WORST_LAST.index) if outcomes else Outcome.INCONCLUSIVE

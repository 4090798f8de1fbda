"""The common language of decisions: a check judges evidence and returns a verdict."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Literal

from pydantic import Field

from .base import Record
from .notebook import as_table


class Outcome(StrEnum):
    """Whether the condition of a check holds; unknown is never yes."""

    MET = "met"
    INCONCLUSIVE = "inconclusive"
    UNMET = "unmet"
    ERROR = "error"


Strength = Literal["counted", "point_only", "bare_rule", "estimated", "estimated_unchecked"]

# Gates that ask whether the rows can decide at all.
SUPPORT = frozenset({"holdout_size", "label_maturity"})

VERDICT_HEADINGS = ("check", "outcome", "value", "limit", "n", "reason")

_WORST_LAST = [Outcome.MET, Outcome.INCONCLUSIVE, Outcome.UNMET, Outcome.ERROR]


class Verdict(Record):
    """The result of one check.

    `value` is compared with `limit`, both in the unit of the check; `n` is the number of rows behind them;
    `interval` is two-sided 95 %; `p_value` is one-sided. `evidence` says how strong it is: rows were counted, only a
    point value is known, the policy asks for the point estimate alone (stored as "bare_rule"), or the value is itself
    an estimate, made without labels, and labels have confirmed earlier ones or not checked any yet. A verdict that is
    `observed_only` is recorded and shown, but decides nothing.
    """

    check: str
    outcome: Outcome
    reason: str
    value: float | None = None
    limit: float | None = None
    n: int | None = None
    interval: tuple[float, float] | None = None
    p_value: float | None = None
    evidence: Strength | None = None
    observed_only: bool = Field(default=False, exclude_if=lambda observed: not observed)

    @property
    def met(self) -> bool:
        return self.outcome is Outcome.MET

    @property
    def label(self) -> str:
        """Its outcome for people."""
        return f"{self.outcome.value} (only observed)" if self.observed_only else self.outcome.value

    @property
    def cells(self) -> tuple[object, ...]:
        """What a table shows of it."""
        return self.check.replace("_", " "), self.label, self.value, self.limit, self.n, self.reason

    def _repr_html_(self) -> str:
        return as_table("Verdict", [VERDICT_HEADINGS, self.cells])

    def as_observed(self) -> "Verdict":
        """The same verdict, but only observed."""
        return self.changed(observed_only=True)


def decisive(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Those that decide: the worst ones, ignoring those that are only observed.

    Where the rows cannot decide, because they are too few or lack their labels, only this counts: what was computed
    from them refuses a challenger as little as it promotes one.
    """
    counted = [verdict for verdict in verdicts if not verdict.observed_only]
    unsupported = [verdict for verdict in counted if verdict.check in SUPPORT and not verdict.met]
    outcome = _worst(unsupported or counted)
    return [verdict for verdict in unsupported or counted if verdict.outcome is outcome]


def worst(verdicts: Iterable[Verdict]) -> Outcome:
    """The outcome of the decisive gates; inconclusive if there is none."""
    return _worst(decisive(verdicts))


def _worst(verdicts: Iterable[Verdict]) -> Outcome:
    outcomes = [verdict.outcome for verdict in verdicts]
    return max(outcomes, key=_WORST_LAST.index) if outcomes else Outcome.INCONCLUSIVE

"""How much worse the challenger is than the champion in one number, and what may be said about it."""

from collections.abc import Callable
from math import sqrt
from typing import NamedTuple

from ..domain.numbers import shown_number
from ..domain.verdict import Outcome, Verdict
from ..statistics.differences import (
    confidence_of,
    error_of_rates,
    errors_at_any_look,
    interval_of_difference,
    interval_of_paired_difference,
    smallest_visible_difference,
)
from ..statistics.e_process import Block
from .base import Process, not_by_chance, p_value
from .entities import Counted

_TWO_SIDED = 0.95
_NORMAL_975 = 1.959963984540054


class Difference(NamedTuple):
    """By how much the challenger is worse, its two-sided interval at 95 %, and its one-sided upper bound at 95 %, which
    holds at every look from the planned sample on, all together.

    `error` is its standard error if there were no difference; `rows` are those of the challenger.
    """

    worse_by: float
    interval: tuple[float, float]
    bound: float
    error: float
    rows: int


def of_rates(totals: Block, shares: Counted, planned: int) -> Difference:
    """Of the rates of a bad event in two arms, which both have rows; these shares of them count as independent."""
    rows_a, events_a = (shares.champion * number for number in (totals.rows_a, totals.events_a))
    rows_b, events_b = (shares.challenger * number for number in (totals.rows_b, totals.events_b))
    one_sided = confidence_of(errors_at_any_look(totals.rows_b / planned))
    return Difference(
        events_b / rows_b - events_a / rows_a,
        interval_of_difference(events_a, rows_a, events_b, rows_b, _TWO_SIDED),
        interval_of_difference(events_a, rows_a, events_b, rows_b, one_sided)[1],
        error_of_rates(events_a + events_b, rows_a, rows_b),
        totals.rows_b,
    )


def of_pairs(only_champion_right: int, only_challenger_right: int, rows: int, share: float, planned: int) -> Difference:
    """Of the rates of wrong answers to the same requests."""
    wrong = share * only_challenger_right, share * only_champion_right
    counted = share * rows
    one_sided = confidence_of(errors_at_any_look(rows / planned))
    return Difference(
        (only_champion_right - only_challenger_right) / rows,
        interval_of_paired_difference(*wrong, counted, _TWO_SIDED),
        interval_of_paired_difference(*wrong, counted, one_sided)[1],
        sqrt(sum(wrong) + 1) / counted,
        rows,
    )


def of_means(worse_by: float, variance: float, rows: int, planned: int) -> Difference:
    """Of two means, with the variance of their difference."""
    error = sqrt(variance)
    ends = worse_by - _NORMAL_975 * error, worse_by + _NORMAL_975 * error
    return Difference(worse_by, ends, worse_by + errors_at_any_look(rows / planned) * error, error, rows)


class Wording(NamedTuple):
    """How a check speaks: what was counted, what its rows are called, and how a difference is shown."""

    numbers: str
    rows: str
    shown: Callable[[float], str]


def judge_difference(
    check: str,
    difference: Difference,
    wording: Wording,
    margin: float,
    planned: int,
    process: Process,
    is_worse: bool,
    limit: float,
) -> Verdict:
    """Unmet if it is worse beyond chance; met if it is certain, on the planned sample, to be worse by less than a
    margin. Otherwise nothing is known yet: that no difference was seen is no evidence that there is none.
    """
    shown, bound = wording.shown, difference.bound
    visible = shown(smallest_visible_difference(difference.error, limit))
    seen = f"with this sample, a loss of {visible} would have been noticed"
    if is_worse:
        outcome = Outcome.UNMET
        reason = f"worse by {shown(difference.worse_by)}; {not_by_chance(process.evidence)}"
    elif difference.rows < planned:
        outcome, reason = Outcome.INCONCLUSIVE, f"{difference.rows:,} of {planned:,} {wording.rows} so far; {seen}"
    elif not bound < margin:
        outcome = Outcome.INCONCLUSIVE
        reason = f"possibly worse by {shown(bound)} (less than {shown(margin)} allowed); {seen}"
    elif bound > 0:
        outcome = Outcome.MET
        reason = f"worse by at most {shown(bound)} (less than {shown(margin)} allowed); {seen}"
    else:
        outcome, reason = Outcome.MET, f"better by at least {shown(-bound)}"
    return Verdict(
        check=check,
        outcome=outcome,
        reason=f"{wording.numbers}: {reason}",
        value=difference.worse_by,
        limit=margin,
        n=difference.rows,
        interval=difference.interval,
        p_value=p_value(process.evidence),
        evidence="counted",
    )


def points(value: float) -> str:
    """A difference of two shares."""
    number = f"{100 * value:.3g}"
    return f"{number} point" if number == "1" else f"{number} points"


def plain(value: float) -> str:
    """A difference in a unit of the user's own."""
    return shown_number(value)


def share(part: int, rows: int) -> str:
    """A share of rows, in words."""
    return f"{100 * part / rows:.3g} % of {rows:,}"

"""What money holds back: a model, or the whole fleet, costs as much in a calendar month as its budget allows.

Months are those of UTC and of the clock, whatever the time of an event: money is spent when a job runs.
"""

from datetime import UTC, datetime

from ..domain.cost import dollars
from ..domain.decision_record import HeldBy, Hold
from ..domain.fleet import FleetLimits, FleetMoney
from ..domain.forecast import expected_usd
from ..domain.model_state import ModelState, month_of
from ..domain.policy.policy import Policy

BUDGETS: tuple[HeldBy, ...] = ("budget", "fleet_spending")


def fits(used: float, expected: float | None, budget: float) -> bool:
    """Whether one more retraining fits into a budget of which some is used.

    What the first retraining of its kind costs is unknown until it has run: it fits while anything is left. Costs are
    stored to a millionth of a dollar, so nothing is held for less.
    """
    left = round(budget - used, 6)
    return left > 0 if expected is None else round(left - expected, 6) >= 0


def budget_hold(policy: Policy, state: ModelState, now: datetime, variants: int = 0) -> Hold | None:
    """What holds a model whose month would cost more than its budget with one more retraining."""
    budget, spent = policy.triggers.budget_month_usd, state.spent_in(now)
    if budget is None:
        return None
    expected = expected_usd(state.costs, policy, variants)
    if fits(spent, expected, budget):
        return None
    if expected is not None and not fits(0, expected, budget):
        return _too_small("budget", expected, f"the budget of {dollars(budget)} a month", "triggers.budget_month_usd")
    this_one = "" if expected is None else f" and this one would cost about {dollars(expected)}"
    cause = f"this month's retrainings cost {dollars(spent)} of {dollars(budget)}{this_one}"
    return _until_next_month("budget", cause, now)


def spending_hold(limits: FleetLimits, money: FleetMoney, expected: float | None, now: datetime) -> Hold | None:
    """What holds a retraining that does not fit into what is left of the fleet's budget.

    The reason names no sum that changes from one sweep to the next: a decision that is made again stays the same.
    """
    budget = limits.budget_month_usd
    if budget is None or fits(money.used_in(month_of(now)), expected, budget):
        return None
    if expected is not None and not fits(0, expected, budget):
        whose = f"the fleet's budget of {dollars(budget)} a month"
        return _too_small("fleet_spending", expected, whose, "FleetBudgetMonthUsd")
    this_one = "one more" if expected is None else f"this one, which would cost about {dollars(expected)}"
    cause = f"the fleet's budget of {dollars(budget)} a month has no room for {this_one}"
    return _until_next_month("fleet_spending", cause, now)


def overspent_hold(limits: FleetLimits, money: FleetMoney | None, now: datetime) -> Hold | None:
    """What holds every automatic retraining of a fleet that has used more than its budget.

    What fits exactly is no hold here, because the last executions that a sweep has started are in the sum already.
    """
    budget = limits.budget_month_usd
    if budget is None or money is None or fits(money.used_in(month_of(now)), 0.0, budget):
        return None
    spent = money.used_in(month_of(now)) - money.reserved
    cause = f"this month's retrainings of the fleet cost {dollars(spent)} of {dollars(budget)}"
    return _until_next_month("fleet_spending", f"{cause}, and those that run about {dollars(money.reserved)} more", now)


def next_month(now: datetime) -> datetime:
    """When the month after that of a moment begins."""
    years, month = divmod(now.month, 12)
    return datetime(now.year + years, month + 1, 1, tzinfo=UTC)


def _until_next_month(kind: HeldBy, cause: str, now: datetime) -> Hold:
    until = next_month(now)
    return Hold(kind=kind, reason=f"{cause}; next month begins on {until:%F}", until=until)


def _too_small(kind: HeldBy, expected: float, budget: str, field: str) -> Hold:
    """No month ends it: only a larger budget does, or a person who retrains by force."""
    return Hold(kind=kind, reason=f"one retraining costs about {dollars(expected)}, more than {budget} ({field})")

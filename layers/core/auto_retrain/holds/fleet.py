"""The limits of the whole fleet, and which due models go first."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from ..domain.decision_record import Hold
from ..domain.fleet import FleetLimits, FleetMoney, FleetUsage, SweepMark
from ..domain.forecast import forecast_of
from ..domain.model_state import ModelState, month_of
from ..domain.policy.policy import Policy
from ..domain.prices import Prices
from ..domain.trigger_type import TriggerType
from ..triggers import TRIGGERS
from .budgets import overspent_hold

BUDGET_SPAN = timedelta(days=30)
_URGENCY = [trigger.kind for trigger in TRIGGERS]


def retrained_in_30_days(state: ModelState, at: datetime) -> int:
    """How many jobs were opened in the 30 days before an event."""
    since = at - BUDGET_SPAN
    return sum(since < attempt <= at for attempt in state.attempts)


def money_of(fleet: Iterable[tuple[Policy, ModelState]], prices: Prices, now: datetime) -> FleetMoney:
    """What the fleet's retrainings of this month cost, and what those that run are expected to cost.

    One of unknown cost counts as if it ran until it is stopped, and one that a person started with variants like a
    single one.
    """
    spent = reserved = 0.0
    for policy, state in fleet:
        spent += state.spent_in(now)
        reserved += reserve(policy, state, prices) if state.owner_at(now) else 0.0
    return FleetMoney(month=month_of(now), spent=spent, reserved=reserved)


def reserve(policy: Policy, state: ModelState, prices: Prices) -> float:
    """What to set aside for a retraining, in US dollars."""
    forecast = forecast_of(state.costs, policy, 0, prices)
    return forecast.at_most if forecast.usd is None else forecast.usd


def urgency(trigger: TriggerType, state: ModelState) -> tuple[int, float]:
    """Sort key for due models: the strongest trigger first, then the one retrained longest ago."""
    last = state.last_retrained_at
    return _URGENCY.index(trigger), last.timestamp() if last else 0.0


def fleet_holds(limits: FleetLimits, mark: SweepMark | None, now: datetime) -> list[Hold]:
    """What keeps the fleet from one more automatic retraining, as of the last sweep.

    A budget that is exactly used up is no hold here, because the sweep's last executions have yet to open their jobs.
    """
    if mark is None:
        return []
    overspent = overspent_hold(limits, mark.usage.money, now)
    holds = [overspent] if overspent else []
    used = mark.usage.retrained_in_30_days
    if used > limits.monthly_retrainings:
        reason = f"{used} retrainings in 30 days exceed the fleet's budget of {limits.monthly_retrainings}"
        holds.append(Hold(kind="fleet_budget", reason=reason))
    return holds


def room(limits: FleetLimits, usage: FleetUsage) -> tuple[int, Hold]:
    """How many retrainings can start now, and what holds the next one back."""
    jobs = max(limits.concurrent_jobs - usage.active_jobs, 0)
    budget = max(limits.monthly_retrainings - usage.retrained_in_30_days, 0)
    if budget < jobs:
        reason = f"the fleet's budget of {limits.monthly_retrainings} retrainings in 30 days is used up"
        return budget, Hold(kind="fleet_budget", reason=reason)
    reason = f"the fleet runs at most {limits.concurrent_jobs} jobs at once; queued for the next sweep"
    return jobs, Hold(kind="fleet_jobs", reason=reason)

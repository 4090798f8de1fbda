"""Tells people that a model needs a retraining for which there is no money, so that nobody finds out months later.

They are told once a month, and of the end: when there is room again, and at the latest when the month is over.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from ...domain.decision_record import Hold
from ...domain.facts.triggering import BudgetHoldEnded, BudgetHolds
from ...domain.fleet import FleetMoney
from ...domain.forecast import expected_usd
from ...domain.model_state import BudgetNotice, ModelState, month_of
from ...domain.policy.policy import AppliedPolicy, Policy
from ...domain.schedule import daily_slot
from ...domain.trigger_type import TriggerType
from ...holds.budgets import BUDGETS, budget_hold, spending_hold
from ...ports import Ports
from ..audit.record import announce_alone

_MAX_NEED = 1_000


def tell_of_budget(
    policy: Policy, state: ModelState, trigger: TriggerType, need: str, holds: Collection[Hold], ports: Ports
) -> None:
    """Tell the owner if nothing but budgets holds a retraining; all such holds of a month are the same fact.

    Before a new month is spoken of, people were told that the one before is over, so that the two cannot overtake each
    other. A schedule waits for the next month without a word, unless no month would end the hold.
    """
    if not holds or any(hold.kind not in BUDGETS for hold in holds):
        return
    if trigger is TriggerType.SCHEDULED and all(hold.until for hold in holds):
        return
    now = ports.clock.now()
    before = state.budget_notice
    if before and (before.month == month_of(now) or not before.is_over):
        return
    fact = BudgetHolds(
        model_name=policy.model,
        at=now,
        month=month_of(now),
        trigger_type=trigger,
        held_by=next(iter(holds)).kind,
        need=need[:_MAX_NEED],
        reason="; ".join(hold.reason for hold in holds),
        owner=policy.owner,
    )
    if announce_alone(fact, ports):
        ports.states.record_budget_notice(policy.model, BudgetNotice(month=fact.month))


def tell_of_ended_budgets(
    fleet: Iterable[tuple[AppliedPolicy, ModelState]],
    money: FleetMoney | None,
    since: datetime,
    at: datetime,
    ports: Ports,
) -> None:
    """Tell people, in each model's own turn of the day, that what they were told is over.

    What is still needed in a new month is told anew, so that none of it lasts for longer than a month.
    """
    now = ports.clock.now()
    for applied, state in fleet:
        notice = state.budget_notice
        if notice is None or notice.is_over or daily_slot(applied.policy.model, at) <= since:
            continue
        if reason := _why_over(applied.policy, state, notice, money, now, ports):
            fact = BudgetHoldEnded(model_name=applied.policy.model, at=now, month=notice.month, reason=reason)
            if announce_alone(fact, ports):
                ports.states.record_budget_notice(fact.model_name, notice.changed(is_over=True))


def _why_over(
    policy: Policy, state: ModelState, notice: BudgetNotice, money: FleetMoney | None, now: datetime, ports: Ports
) -> str | None:
    if notice.month != month_of(now):
        return "another month has begun"
    if budget_hold(policy, state, now):
        return None
    if money and spending_hold(ports.limits, money, expected_usd(state.costs, policy), now):
        return None
    return "there is room for a retraining again"

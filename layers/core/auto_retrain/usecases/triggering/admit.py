"""Which due models the fleet's budget of this month has money for."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from ...domain.fleet import FleetMoney
from ...domain.forecast import expected_usd
from ...domain.model_state import month_of
from ...holds.budgets import spending_hold
from ...holds.fleet import reserve
from ...ports import Ports
from .due_models import DueModel


class Admission(NamedTuple):
    """The due models that there is money for, in their order, what holds the others, and the fleet's money before.

    `reserved` are US dollars for each that there is money for. That includes one whose execution was started earlier
    for the same occasion: its job may be about to open.
    """

    free: list[DueModel]
    held: list[DueModel]
    money: FleetMoney | None
    reserved: Mapping[str, float]

    def money_without(self, queued: Iterable[DueModel]) -> FleetMoney | None:
        """The fleet's money with what starts now; None if there is no budget."""
        waiting = {candidate.policy.model for candidate in queued}
        usd = sum(usd for model, usd in self.reserved.items() if model not in waiting)
        return self.money and self.money.reserving(usd)


def admit(due: Sequence[DueModel], before: FleetMoney | None, now: datetime, ports: Ports) -> Admission:
    """Let the first models have what is left of the month's budget; one for which it is too little is passed over.

    One of unknown cost gets all that is left, if that is less than it may cost. More would hold its own execution: the
    fleet would be beyond its budget.
    """
    limits, month = ports.limits, month_of(now)
    budget = limits.budget_month_usd
    if budget is None or before is None:
        return Admission(list(due), [], None, {})
    prices = ports.prices.current().prices
    money = before
    free, held, reserved = list[DueModel](), list[DueModel](), dict[str, float]()
    for candidate in due:
        policy, state = candidate.policy, candidate.state
        hold = spending_hold(limits, money, expected_usd(state.costs, policy), now)
        if hold:
            held.append(candidate._replace(held=[hold]))
        else:
            free.append(candidate)
            reserved[policy.model] = min(reserve(policy, state, prices), budget - money.used_in(month))
            money = money.reserving(reserved[policy.model])
    return Admission(free, held, before, reserved)

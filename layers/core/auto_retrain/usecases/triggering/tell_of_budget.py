"""Tells people that a model needs a retraining for which there is no money, so that nobody finds out months later."""

from collections.abc import Collection

from ...domain.decision_record import Hold
from ...domain.facts.triggering import BudgetHolds
from ...domain.model_state import month_of
from ...domain.policy.policy import Policy
from ...domain.trigger_type import TriggerType
from ...holds.budgets import BUDGETS
from ...ports import Ports
from ..audit.record import announce_alone

_MAX_NEED = 1_000


def tell_of_budget(policy: Policy, trigger: TriggerType, need: str, holds: Collection[Hold], ports: Ports) -> None:
    """Tell the owner if nothing but budgets holds a retraining; all such holds of a month are the same fact.

    A schedule waits for the next month without a word, unless no month would end the hold.
    """
    if not holds or any(hold.kind not in BUDGETS for hold in holds):
        return
    if trigger is TriggerType.SCHEDULED and all(hold.until for hold in holds):
        return
    now = ports.clock.now()
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
    announce_alone(fact, ports)

"""When the schedule of a model leads to a retraining next, with what holds it until then."""

from datetime import datetime

from ..domain.model_state import ModelState
from ..domain.policy.policy import AppliedPolicy
from ..domain.trigger_type import TriggerType
from ..triggers.scheduled import Scheduled, is_due
from .model import model_holds


def next_scheduled(applied: AppliedPolicy, state: ModelState, at: datetime) -> datetime | None:
    """The first moment from now on at which the schedule calls for a retraining and no hold that ends holds it.

    A run that failed or was skipped is still due, so it is tried again as soon as it may. None if it never fires.
    """
    due_now = is_due(applied.policy, state.last_retrained_at, at)
    moment = at if due_now else Scheduled().next_check(applied.policy, state, at)
    while moment and (until := _held_until(applied, state, moment)):
        moment = until
    return moment


def _held_until(applied: AppliedPolicy, state: ModelState, at: datetime) -> datetime | None:
    holds = model_holds(applied, state, TriggerType.SCHEDULED, at, at)
    return max((hold.until for hold in holds if hold.until), default=None)

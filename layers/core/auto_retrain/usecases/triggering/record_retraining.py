"""Records a retraining that happened elsewhere, so that the schedule counts from there."""

from datetime import datetime

from ...domain.base import FIRST_YEAR
from ...domain.errors import EventInvalid
from ...domain.facts.triggering import RetrainingRecorded
from ...domain.model_state import ModelState
from ...ports import Ports
from ..audit.record import record
from ..lookup import policy_of


def record_retraining(model_name: str, at: datetime | None, ports: Ports) -> ModelState:
    """Record a retraining, now if no time is given, and return the model's state.

    A time before the last retraining changes nothing.

    Raises:
        ModelUnknown: the model has no policy.
        EventInvalid: the time is in the future, which would suppress the schedule until then, or absurdly early.
    """
    policy_of(model_name, ports)
    now = ports.clock.now()
    if at is not None and at > now:
        raise EventInvalid(f"at = {at.isoformat()}: must not be in the future; leave it out to mean now")
    if at is not None and at.year < FIRST_YEAR:
        raise EventInvalid(f"at = {at.isoformat()}: must not be before {FIRST_YEAR}")
    fact = RetrainingRecorded(model_name=model_name, at=now, retrained_at=at or now)
    ports.states.record_retrain(model_name, fact.retrained_at, fact)
    state = ports.states.get(model_name)
    if state.last_retrained_at == fact.retrained_at:
        record(fact, ports)
    return state

"""What starts the first retraining of a model whose policy was just applied."""

from typing import Literal

from ...domain.trigger_type import TriggerType
from ...holds.model import model_holds
from ...ports import Ports
from ..lookup import policy_of

Starter = Literal["sweep", "person"]


def first_retraining_by(model_name: str, ports: Ports) -> Starter | None:
    """Who starts it: the sweep, which finds a schedule due that was never followed, or only a person.

    None if there was a retraining, or if something holds the next one back, such as a pause or a running job.
    """
    applied, state, now = policy_of(model_name, ports), ports.states.get(model_name), ports.clock.now()
    kind = TriggerType.SCHEDULED
    if state.last_retrained_at or model_holds(applied, state, kind, now, now):
        return None
    triggers = applied.policy.triggers
    return "sweep" if triggers.enables(kind) and not triggers.observes(kind) else "person"

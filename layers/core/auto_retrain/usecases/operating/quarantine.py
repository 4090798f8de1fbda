"""Lifts a model's quarantine by hand, for a person who knows that its data are in order."""

from ...domain.facts import QuarantineLifted
from ...ports import Ports
from ..lookup import policy_of
from ..record import announce


def lift_quarantine(model_name: str, reason: str, actor: str, ports: Ports) -> bool:
    """Whether the model was in quarantine; people are notified who lifted it, and why.

    Raises:
        ModelUnknown: no policy was applied for that model.
    """
    policy_of(model_name, ports)
    was_lifted, now = ports.states.set_quarantine(model_name, None), ports.clock.now()
    if was_lifted:
        announce(QuarantineLifted(model_name=model_name, actor=actor, at=now, since=now, reason=reason), ports)
    return was_lifted

"""Lifts a model's quarantine at the request of a person who knows that its data are repaired."""

from ...domain.facts.quarantine import QuarantineLifted
from ...domain.people import check_person
from ...ports import Ports
from ..audit.record import announce
from ..lookup import policy_of


def lift_quarantine(model_name: str, reason: str, actor: str, ports: Ports) -> bool:
    """Lift a quarantine and notify people who did it and why; returns whether the model was in quarantine.

    Raises:
        ModelUnknown: the model has no policy.
        EventInvalid: the actor or the reason cannot be recorded.
    """
    check_person(actor, reason)
    policy_of(model_name, ports)
    now = ports.clock.now()
    fact = QuarantineLifted(model_name=model_name, actor=actor, at=now, since=now, reason=reason)
    was_lifted = ports.states.set_quarantine(model_name, None, fact)
    if was_lifted:
        announce(fact, ports)
    return was_lifted

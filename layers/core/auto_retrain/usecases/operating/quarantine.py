"""Ends a model's quarantine by hand, for a person who knows that its data are in order."""

from ...ports import Ports
from ..announcing import announce_model
from ..lookup import policy_of


def release_model(model_name: str, reason: str, actor: str, ports: Ports) -> bool:
    """Whether the model was in quarantine; the owner is told who ended it, and why.

    Raises:
        ModelUnknown: no policy was applied for that model.
    """
    policy_of(model_name, ports)
    released = ports.states.set_quarantine(model_name, None)
    if released:
        text = f"{model_name}: {actor} ended its quarantine: {reason}"
        event_id = f"{model_name}-quarantine-lifted-{ports.clock.now().isoformat()}"
        announce_model("quarantine_lifted", event_id, model_name, text, ports)
    return released

"""Explains why a model was or was not retrained, from the recorded decisions."""

from ...domain.decision_record import DecisionRecord
from ...domain.errors import ModelUnknown
from ...ports import Ports
from ..lookup import newest_version


def explain_decisions(model_name: str, limit: int, ports: Ports) -> list[DecisionRecord]:
    """A model's last decisions, newest first, even of a removed model; raises ModelUnknown if it never existed."""
    if newest_version(model_name, ports) is None:
        raise ModelUnknown(f"model '{model_name}' has no policy, and never had one")
    return ports.decisions.recent(model_name, limit)

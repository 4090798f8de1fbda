"""Explains why a model was or was not retrained, from the recorded decisions."""

from ...domain.decision_record import DecisionRecord
from ...ports import Ports
from ..lookup import known_policy


def explain_decisions(model_name: str, limit: int, ports: Ports) -> list[DecisionRecord]:
    """A model's last decisions, newest first, even of a removed model; raises ModelUnknown if it never existed."""
    known_policy(model_name, ports)
    return ports.decisions.recent(model_name, limit)

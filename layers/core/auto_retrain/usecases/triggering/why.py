"""Why a model was retrained, or was not: the decisions that were recorded."""

from ...domain.decision_record import DecisionRecord
from ...domain.errors import ModelUnknown
from ...ports import Ports
from ..lookup import newest_version


def explain_decisions(model_name: str, limit: int, ports: Ports) -> list[DecisionRecord]:
    """The last decisions about a model, of a removed one too, newest first; raises ModelUnknown if it never was one."""
    if newest_version(model_name, ports) is None:
        raise ModelUnknown(f"model '{model_name}' has no policy, and never had one")
    return ports.decisions.recent(model_name, limit)

"""What served a model from when to when, put there by whom and why."""

from ...domain.deployment_ledger import Period, periods_of
from ...domain.errors import ModelUnknown
from ...ports import Ports
from ..lookup import newest_version


def list_served(model_name: str, limit: int, ports: Ports) -> list[Period]:
    """The newest changes, newest first, even of a removed model; raises ModelUnknown if it never existed."""
    lines = ports.ledger.lines(model_name, limit)
    if not lines and newest_version(model_name, ports) is None:
        raise ModelUnknown(f"model '{model_name}' has no policy, and never had one")
    return periods_of(lines)

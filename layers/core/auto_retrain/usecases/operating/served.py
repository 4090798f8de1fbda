"""What served a model from when to when, put there by whom and why."""

from ...domain.deployment_ledger import Period, periods_of
from ...ports import Ports
from ..lookup import known_policy


def list_served(model_name: str, limit: int, ports: Ports) -> list[Period]:
    """The newest changes, newest first, even of a removed model; raises ModelUnknown if it never existed."""
    lines = ports.ledger.lines(model_name, limit)
    if not lines:
        known_policy(model_name, ports)
    return periods_of(lines)

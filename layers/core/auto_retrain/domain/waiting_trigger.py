"""Triggers that fired while their model was busy."""

from collections.abc import Iterable
from datetime import timedelta

from .base import Record
from .messages.triggering import TriggerRequest
from .names import decision_name, waiting_key
from .trigger_type import TriggerType

# Whoever claims a waiting trigger acts on it at once, or dies; longer than a state may be retried.
CLAIM = timedelta(hours=1)
# Each job that ends starts all that wait, and one of them makes the others wait again.
MAX_WAITING_REQUESTS = 5
CROWDED = f"{MAX_WAITING_REQUESTS} manual requests wait for its end already; ask again when it has ended"


class WaitingTrigger(Record):
    """A trigger that fired while its model was busy; it is judged again when the job that owns the model ends.

    Only the newest automatic trigger of each kind waits; of the manual requests, the first few.
    """

    request: TriggerRequest
    execution_arn: str

    @property
    def key(self) -> str:
        return waiting_key(self.request.trigger_type.value, self.execution_arn)

    @property
    def decision(self) -> str:
        """The name of the decision that lets it wait."""
        return decision_name(self.request.model_name, self.execution_arn)


def is_crowded(waiting: Iterable[WaitingTrigger], newcomer: WaitingTrigger | None = None) -> bool:
    """Whether as many manual requests wait for a model as may, besides one that may wait already."""
    others = [each for each in waiting if newcomer is None or each.key != newcomer.key]
    return sum(each.request.trigger_type is TriggerType.MANUAL for each in others) >= MAX_WAITING_REQUESTS

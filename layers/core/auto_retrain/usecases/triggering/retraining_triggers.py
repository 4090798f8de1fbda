"""The automatic triggers as objects that fetch their own evidence, for people and notebooks."""

from abc import ABC, abstractmethod

from ...domain.trigger_type import TriggerType
from ...ports import Ports
from ...triggers import trigger_of
from ..lookup import policy_of
from .drift_evidence import gather_drift
from .gather_evidence import Question, gather_evidence
from .record_retraining import record_retraining


class RetrainingTrigger(ABC):
    """One reason to retrain, asked about a model as of now."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def should_retrain(self, model_name: str) -> tuple[bool, str]:
        """Whether this trigger calls for a retraining, and why; what cannot be judged does not.

        Raises:
            ModelUnknown: no policy was applied for that model.
        """
        return should_retrain(self.get_trigger_type(), model_name, self._ports)

    @abstractmethod
    def get_trigger_type(self) -> TriggerType: ...


class PerformanceDegradationTrigger(RetrainingTrigger):
    """The metric in production crossed its threshold, such as accuracy that fell below it."""

    def get_trigger_type(self) -> TriggerType:
        return TriggerType.PERFORMANCE_DEGRADATION


class DataDriftTrigger(RetrainingTrigger):
    """Live features no longer look like those that the champion learned from."""

    def get_trigger_type(self) -> TriggerType:
        return TriggerType.DATA_DRIFT


class ScheduledTrigger(RetrainingTrigger):
    """The schedule fired since the last retraining."""

    def get_trigger_type(self) -> TriggerType:
        return TriggerType.SCHEDULED

    def record_retrain(self, model_name: str) -> None:
        """Record a retraining that happened elsewhere; the schedule counts from now on."""
        record_retraining(model_name, None, self._ports)


def should_retrain(kind: TriggerType, model_name: str, ports: Ports) -> tuple[bool, str]:
    """Gather the evidence of one trigger as of now, and judge it; raises ModelUnknown for a model without a policy."""
    policy, at, trigger = policy_of(model_name, ports).policy, ports.clock.now(), trigger_of(kind)
    if trigger is None:
        return False, f"a trigger of type '{kind.value}' is pulled by people, and by nothing else"
    question = Question(policy, ports.states.get(model_name), [trigger])
    (evidence,) = gather_evidence([question], at, ports, gather_drift)
    verdict = trigger.judge(policy, evidence, at)[0]
    return verdict.met, verdict.reason

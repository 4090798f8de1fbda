"""The automatic triggers as objects that gather their own evidence, for use in notebooks."""

from abc import ABC, abstractmethod

from ...domain.trigger_type import TriggerType
from ...ports import Ports
from ...triggers import trigger_of
from ..lookup import policy_of
from .drift_evidence import gather_drift
from .gather_evidence import Question, gather_evidence
from .record_retraining import record_retraining


class RetrainingTrigger(ABC):
    """One reason to retrain, judged for a model as of now; `AutoRetrainPipeline.trigger` makes one."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def should_retrain(self, model_name: str) -> tuple[bool, str]:
        """Whether this trigger calls for a retraining, and why; one that cannot be judged does not.

        Raises:
            ModelUnknown: the model has no policy.
        """
        return should_retrain(self.get_trigger_type(), model_name, self._ports)

    @abstractmethod
    def get_trigger_type(self) -> TriggerType: ...


class PerformanceDegradationTrigger(RetrainingTrigger):
    """The production metric crossed its threshold: accuracy, for example, fell below it."""

    def get_trigger_type(self) -> TriggerType:
        return TriggerType.PERFORMANCE_DEGRADATION


class DataDriftTrigger(RetrainingTrigger):
    """Live features no longer look like the champion's training data."""

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
    """Gather the evidence for one trigger as of now, and judge it; raises ModelUnknown if the model has no policy."""
    policy, at, trigger = policy_of(model_name, ports).policy, ports.clock.now(), trigger_of(kind)
    if trigger is None:
        return False, f"trigger_type '{kind.value}' is never judged: only people start such a retraining"
    question = Question(policy, ports.states.get(model_name), [trigger])
    (evidence,) = gather_evidence([question], at, ports, gather_drift)
    verdict = trigger.judge(policy, evidence, at)[0]
    return verdict.met, verdict.reason

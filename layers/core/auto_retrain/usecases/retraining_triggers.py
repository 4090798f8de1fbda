"""The automatic triggers as objects that fetch their own evidence, for people and notebooks."""

from abc import ABC, abstractmethod
from datetime import datetime

from ..domain.policy import Policy, TriggerType
from ..domain.verdict import Verdict
from ..ports import Ports
from ..triggers.data_drift import judge_drift
from ..triggers.performance_degradation import judge_performance
from ..triggers.scheduled import judge_schedule
from .drift_evidence import drift_histograms
from .evidence import performance_query
from .records import policy_of


class RetrainingTrigger(ABC):
    """One reason to retrain, asked about a model as of now."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def should_retrain(self, model_name: str) -> tuple[bool, str]:
        """Whether this trigger calls for a retraining, and why; what cannot be judged does not.

        Raises:
            ModelUnknown: no policy was applied for that model.
        """
        verdicts = self.judge(policy_of(model_name, self._ports).policy, self._ports.clock.now())
        met = [verdict for verdict in verdicts if verdict.met]
        return bool(met), "; ".join(verdict.reason for verdict in met or verdicts)

    @abstractmethod
    def get_trigger_type(self) -> TriggerType: ...

    @abstractmethod
    def judge(self, policy: Policy, at: datetime) -> list[Verdict]:
        """Fetch the evidence as of a moment, and judge it."""


class PerformanceDegradationTrigger(RetrainingTrigger):
    """Accuracy in production fell below its threshold."""

    def get_trigger_type(self) -> TriggerType:
        return TriggerType.PERFORMANCE_DEGRADATION

    def judge(self, policy: Policy, at: datetime) -> list[Verdict]:
        return [judge_performance(policy.triggers, self._ports.metrics.read([performance_query(policy, at)])[0])]


class DataDriftTrigger(RetrainingTrigger):
    """Live features no longer look like those that the champion learned from."""

    def get_trigger_type(self) -> TriggerType:
        return TriggerType.DATA_DRIFT

    def judge(self, policy: Policy, at: datetime) -> list[Verdict]:
        return judge_drift(policy.triggers, drift_histograms(policy, at, self._ports))


class ScheduledTrigger(RetrainingTrigger):
    """The schedule fired since the last retraining."""

    def get_trigger_type(self) -> TriggerType:
        return TriggerType.SCHEDULED

    def judge(self, policy: Policy, at: datetime) -> list[Verdict]:
        last = self._ports.jobs.model_state(policy.model).last_retrained_at
        return [judge_schedule(policy.triggers, last, at)]

    def record_retrain(self, model_name: str) -> None:
        """Remember a retraining that happened outside; the schedule counts from now on."""
        self._ports.jobs.record_retrain(model_name, self._ports.clock.now())

"""The automatic triggers as objects that fetch their own evidence, for people and notebooks."""

from abc import ABC, abstractmethod
from datetime import datetime

from ...domain.policy.policy import Policy
from ...domain.trigger_type import TriggerType
from ...domain.verdict import Outcome, Verdict
from ...ports import Ports
from ...triggers.performance_degradation import judge_performance
from ...triggers.scheduled import judge_schedule
from ..lookup import policy_of
from .drift_evidence import find_drift
from .gather_evidence import performance_query


class RetrainingTrigger(ABC):
    """One reason to retrain, asked about a model as of now."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def should_retrain(self, model_name: str) -> tuple[bool, str]:
        """Whether this trigger calls for a retraining, and why; what cannot be judged does not.

        Raises:
            ModelUnknown: no policy was applied for that model.
        """
        verdict = self.judge(policy_of(model_name, self._ports).policy, self._ports.clock.now())[0]
        return verdict.met, verdict.reason

    @abstractmethod
    def get_trigger_type(self) -> TriggerType: ...

    @abstractmethod
    def judge(self, policy: Policy, at: datetime) -> list[Verdict]:
        """Fetch the evidence as of a moment, and judge it: the first verdict decides, any others say more."""


class PerformanceDegradationTrigger(RetrainingTrigger):
    """Accuracy in production fell below its threshold."""

    def get_trigger_type(self) -> TriggerType:
        return TriggerType.PERFORMANCE_DEGRADATION

    def judge(self, policy: Policy, at: datetime) -> list[Verdict]:
        query = performance_query(policy, at)
        return [judge_performance(policy, self._ports.metrics.read([query])[0], query.end)]


class DataDriftTrigger(RetrainingTrigger):
    """Live features no longer look like those that the champion learned from."""

    def get_trigger_type(self) -> TriggerType:
        return TriggerType.DATA_DRIFT

    def judge(self, policy: Policy, at: datetime) -> list[Verdict]:
        findings = find_drift(policy, at, self._ports)
        if findings.broken:
            reason = f"bad data: {'; '.join(findings.broken)}"
            return [findings.dataset.model_copy(update={"outcome": Outcome.ERROR, "reason": reason})]
        return [findings.dataset, *findings.features]


class ScheduledTrigger(RetrainingTrigger):
    """The schedule fired since the last retraining."""

    def get_trigger_type(self) -> TriggerType:
        return TriggerType.SCHEDULED

    def judge(self, policy: Policy, at: datetime) -> list[Verdict]:
        last = self._ports.jobs.model_state(policy.model).last_retrained_at
        return [judge_schedule(policy, last, at)]

    def record_retrain(self, model_name: str) -> None:
        """Remember a retraining that happened outside; the schedule counts from now on."""
        self._ports.jobs.record_retrain(model_name, self._ports.clock.now())

"""Decides whether live features have drifted from those that the champion learned from."""

from ..domain.messages import TriggerDecision
from ..domain.names import job_id
from ..domain.policy import Policy, TriggerType
from ..domain.verdict import Outcome, Verdict
from ..ports import Ports
from ..triggers.data_drift import judge_drift
from .drift_evidence import drift_histograms
from .opening import already_opened, open_job
from .records import policy_of

MOST_VERDICTS = 20
MOST_NAMED = 5


def detect_drift(decision: TriggerDecision, ports: Ports) -> TriggerDecision:
    """Start with the job opened when any feature drifted, else skip.

    Raises:
        ModelUnknown: the policy vanished meanwhile.
        DataInvalid: the data lack a feature that the policy names.
    """
    applied = policy_of(decision.model_name, ports)
    opened = already_opened(job_id(decision.model_name, decision.execution_arn), ports)
    if opened:
        return opened
    decided = _decide(decision, applied.policy, ports)
    ports.jobs.record_drift_check(decision.model_name, decision.event_time)
    return open_job(decided, applied, ports) if decided.next == "start" else decided


def _decide(decision: TriggerDecision, policy: Policy, ports: Ports) -> TriggerDecision:
    drift = judge_drift(policy.triggers, drift_histograms(policy, decision.event_time, ports))
    told = _most_telling(drift)
    verdicts = (*decision.verdicts, *told)
    if told[0].met:
        update = {"next": "start", "trigger_type": TriggerType.DATA_DRIFT, "reason": _reason(drift, told)}
        return decision.model_copy(update={**update, "verdicts": verdicts})
    reason = f"{decision.reason}; {_summary(told[0])}"
    return decision.model_copy(update={"next": "skip", "reason": reason, "verdicts": verdicts})


def _most_telling(drift: list[Verdict]) -> list[Verdict]:
    """The drifted features, then those that cannot be judged, the largest PSI first; the state has little room."""
    rank = {Outcome.MET: 0, Outcome.INCONCLUSIVE: 1}
    return sorted(drift, key=lambda verdict: (rank.get(verdict.outcome, 2), -(verdict.value or 0)))[:MOST_VERDICTS]


def _reason(drift: list[Verdict], told: list[Verdict]) -> str:
    named = [verdict.reason for verdict in told if verdict.met][:MOST_NAMED]
    more = sum(verdict.met for verdict in drift) - len(named)
    return "; ".join(named) + (f"; and {more} more features" if more else "")


def _summary(most_telling: Verdict) -> str:
    unknown = most_telling.outcome is Outcome.INCONCLUSIVE
    return f"drift cannot be judged: {most_telling.reason}" if unknown else most_telling.reason

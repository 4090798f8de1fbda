"""Decides whether live features have drifted from those that the champion learned from, or are broken."""

from ...domain.messages import TriggerDecision
from ...domain.model_state import Quarantine
from ...domain.names import job_id
from ...domain.policy.policy import AppliedPolicy
from ...domain.trigger_type import TriggerType
from ...domain.verdict import Outcome
from ...ports import Ports
from ...triggers.data_drift import DriftFindings
from ..announcing import announce_model
from ..lookup import policy_of
from .conclude_decision import conclude
from .drift_evidence import find_drift
from .open_job import already_opened

MOST_VERDICTS = 20
MOST_PROBLEMS = 5


def detect_drift(decision: TriggerDecision, ports: Ports) -> TriggerDecision:
    """Start with the job opened when the data drifted, else skip; broken data are quarantined until they are repaired.

    Raises:
        ModelUnknown: the policy vanished meanwhile.
        JobConflict: the job that held the model ended this moment.
    """
    applied = policy_of(decision.model_name, ports)
    opened = already_opened(job_id(decision.model_name, decision.execution_arn), ports)
    if opened:
        return opened
    findings = find_drift(applied.policy, decision.event_time, ports)
    _quarantine_or_lift(decision, applied, findings, ports)
    ports.jobs.record_drift_check(decision.model_name, decision.event_time)
    return conclude(_decide(decision, findings), applied, ports)


def _decide(decision: TriggerDecision, findings: DriftFindings) -> TriggerDecision:
    dataset = findings.dataset
    judged = decision.model_copy(update={"verdicts": (*decision.verdicts, dataset, *findings.features[:MOST_VERDICTS])})
    if findings.broken:
        reason = f"bad data: {_named(findings.broken)}"
        return judged.model_copy(update={"next": "skip", "held_by": "quarantine", "reason": reason})
    if dataset.met:
        start = {"next": "start", "trigger_type": TriggerType.DATA_DRIFT, "held_by": None}
        return judged.model_copy(update={**start, "reason": dataset.reason})
    in_order = decision.held_by == "quarantine" and dataset.outcome is not Outcome.INCONCLUSIVE
    held_by = None if in_order else decision.held_by
    return judged.model_copy(
        update={"next": "skip", "held_by": held_by, "reason": f"{decision.reason}; {dataset.reason}"}
    )


def _quarantine_or_lift(
    decision: TriggerDecision, applied: AppliedPolicy, findings: DriftFindings, ports: Ports
) -> None:
    model, at, owner = decision.model_name, decision.event_time, applied.policy.owner
    if findings.broken:
        quarantine = Quarantine(since=at, reason=_named(findings.broken))
        if ports.jobs.set_quarantine(model, quarantine):
            text = f"{model} is not retrained, its data are broken: {quarantine.reason}; {owner}, please repair them"
            announce_model("quarantined", f"{model}-quarantined-{at.isoformat()}", model, text, ports)
    elif findings.dataset.outcome is not Outcome.INCONCLUSIVE and ports.jobs.set_quarantine(model, None):
        text = f"The data of {model} are in order again; it may be retrained"
        announce_model("quarantine_lifted", f"{model}-lifted-{at.isoformat()}", model, text, ports)


def _named(problems: list[str]) -> str:
    more = len(problems) - MOST_PROBLEMS
    return "; ".join(problems[:MOST_PROBLEMS]) + (f"; and {more} more" if more > 0 else "")

"""Records a decision on whether to retrain, by an execution or the sweep, for people who ask why."""

from ...domain.decision_evidence import DecisionEvidence, hash_of
from ...domain.decision_record import DecisionRecord
from ...domain.facts.triggering import TriggerJudged
from ...ports import Ports
from ..audit.record import record


def record_decision(decision: DecisionRecord, evidence: DecisionEvidence | None, ports: Ports) -> None:
    """Record a decision with what it was judged on; it replaces another one with the same model, event time and key."""
    document = document_of(evidence, ports)
    sealed = decision.sealed(evidence_hash=hash_of(document))
    fact = judgement_fact(sealed)
    ports.decisions.record(sealed, fact, evidence=document)
    record(fact, ports)


def document_of(evidence: DecisionEvidence | None, ports: Ports) -> bytes | None:
    """What is kept of the evidence for a decision; nothing of one that is simulated."""
    return None if evidence is None or ports.is_simulated else evidence.document


def judgement_fact(decision: DecisionRecord) -> TriggerJudged:
    """The fact that a sealed decision was made."""
    return TriggerJudged(
        model_name=decision.model_name,
        job_id=decision.job_id,
        actor=decision.actor,
        at=decision.recorded_at,
        trigger_type=decision.trigger_type,
        outcome=decision.outcome,
        reason=decision.reason,
        held_by=decision.held_by,
        event_time=decision.event_time,
        key=decision.key,
        decision_hash=decision.decision_hash,
        evidence_hash=decision.evidence_hash,
    )

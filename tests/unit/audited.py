"""What 'auto-retrain audit verify' says about a model in memory, in short."""

from typing import Any

from auto_retrain.proof.canonical import canonical_object
from auto_retrain.usecases.audit.verify_audit import verify_audit


def audit_problems(ports: Any, model_name: str = "churn") -> list[str]:
    """What is wrong with the chain of a model: damage, a record without its entry, or a fact that has two."""
    (findings,) = verify_audit(model_name, False, ports).chains
    damages = [f"{damage.kind} at {damage.number}" for damage in findings.damages]
    unrecorded = [f"no entry says: {record}" for record in findings.unrecorded]
    older = [f"{findings.older} records are older than the chain"] if findings.older else []
    facts = [canonical_object(entry.text)["fact_id"] for entry in ports.audit.entries(model_name)]
    repeated = [f"twice: {fact}" for fact in sorted(set(facts)) if facts.count(fact) > 1]
    return [*damages, *findings.not_checked, *unrecorded, *older, *repeated]

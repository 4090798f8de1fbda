"""What 'auto-retrain audit verify' says about a model in memory, in short."""

from typing import Any

from auto_retrain.proof.canonical import canonical_object
from auto_retrain.usecases.audit.verify_audit import verify_audit


def audit_problems(ports: Any, model_name: str = "churn") -> list[str]:
    """What is wrong with the chain of a model: damage, or a record or a published fact that has not its one entry."""
    (findings,) = verify_audit(model_name, False, ports).chains
    damages = [f"{damage.kind} at {damage.number}" for damage in findings.damages]
    unrecorded = [f"no entry says: {record}" for record in findings.unrecorded]
    older = [f"{findings.older} records are older than the chain"] if findings.older else []
    facts = [canonical_object(entry.text)["fact_id"] for entry in ports.audit.entries(model_name)]
    repeated = [f"twice: {fact}" for fact in sorted(set(facts)) if facts.count(fact) > 1]
    own = (event for event in ports.events.published if event.model_name == model_name)
    # A message about many champions is in no chain.
    published = {event.event_id for event in own if event.kind != "champions_failed"}
    only_published = [f"only published: {fact}" for fact in sorted(published.difference(facts))]
    return [*damages, *findings.not_checked, *unrecorded, *older, *repeated, *only_published]

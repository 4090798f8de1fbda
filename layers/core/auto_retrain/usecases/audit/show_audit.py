"""What the audit chain says about one job, or one decision that opened none, for people."""

from collections.abc import Iterator

from ...domain.audit_timeline import TimelineEntry
from ...domain.decision_record import DecisionRecord
from ...domain.errors import JobUnknown, RecordInvalid
from ...domain.job import RetrainingJob
from ...domain.names import model_of_job
from ...ports import Ports
from ...proof.canonical import canonical_object
from ..lookup import job_or_decision, nothing_named


def show_audit(name: str, ports: Ports) -> list[TimelineEntry]:
    """The facts about a job or a decision, in the order in which they were recorded; of a model, about its newest job.

    Raises JobUnknown if there are none.
    """
    record = job_or_decision(name, ports)
    # The chain is there even if somebody has deleted the record.
    model_name = record.model_name if record else model_of_job(name)
    signs = list(_signs(record.job_id if isinstance(record, RetrainingJob) else name, record))
    timeline = []
    for entry in ports.audit.entries(model_name):
        if not any(all(text in entry.text for text in sign.values()) for sign in signs):
            continue
        try:
            fact = canonical_object(entry.text)
            if any(sign.items() <= fact.items() for sign in signs):
                timeline.append(TimelineEntry.of(entry.number, fact))
        except ValueError as error:
            problem = f"entry {entry.number} of {model_name} cannot be read: {str(error).splitlines()[0]}"
            raise RecordInvalid(f"{problem}; see 'auto-retrain audit verify {model_name}'") from error
    if not timeline and record is None:
        raise nothing_named(name, ports)
    if not timeline:
        raise JobUnknown(f"the audit chain of '{model_name}' says nothing about a job or a decision '{name}'")
    return timeline


def _signs(name: str, record: RetrainingJob | DecisionRecord | None) -> Iterator[dict[str, str]]:
    """Fields by which a fact is known to be about a job or a decision: one of these is enough."""
    yield {"job_id": name}
    if record and record.execution_arn:
        yield {"execution_name": record.execution_arn.rpartition(":")[2]}
    if isinstance(record, DecisionRecord):
        yield {"key": record.key, "event_time": record.model_dump(mode="json")["event_time"]}

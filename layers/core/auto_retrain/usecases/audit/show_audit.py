"""What the audit chain says about one job, for people."""

from ...domain.audit_timeline import TimelineEntry
from ...domain.errors import JobUnknown, RecordInvalid
from ...domain.names import model_of_job
from ...ports import Ports
from ...proof.canonical import canonical_object


def show_audit(job_id: str, ports: Ports) -> list[TimelineEntry]:
    """The facts about a job, in the order in which they were recorded; raises JobUnknown if there are none."""
    job = ports.jobs.get(job_id)
    # The chain is there even if somebody has deleted the record of the job.
    model_name = job.model_name if job else model_of_job(job_id)
    timeline = []
    for entry in ports.audit.entries(model_name):
        if job_id not in entry.text:
            continue
        try:
            fact = canonical_object(entry.text)
            if fact.get("job_id") == job_id:
                timeline.append(TimelineEntry.of(entry.number, fact))
        except ValueError as error:
            problem = f"entry {entry.number} of {model_name} cannot be read: {str(error).splitlines()[0]}"
            raise RecordInvalid(f"{problem}; see 'auto-retrain audit verify {model_name}'") from error
    if not timeline:
        raise JobUnknown(f"the audit chain of '{model_name}' says nothing about job '{job_id}'")
    return timeline

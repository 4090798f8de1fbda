"""Publishes what became of a job."""

from typing import Literal

from ..domain.job import RetrainingJob
from ..domain.messages import JobEvent
from ..ports import Ports


def announce(
    kind: Literal["started", "deployed", "rejected", "inconclusive", "failed"],
    text: str,
    job: RetrainingJob,
    ports: Ports,
) -> None:
    """Publish one fact about a job; told twice, it has the same id."""
    ports.events.publish(
        JobEvent(
            event_id=f"{job.job_id}-{kind}",
            kind=kind,
            job_id=job.job_id,
            model_name=job.model_name,
            text=text,
            at=ports.clock.now(),
        )
    )

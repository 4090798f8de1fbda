"""Publishes what became of a job."""

import logging
from typing import Literal

from ..domain.errors import AutoRetrainError
from ..domain.job import RetrainingJob
from ..domain.messages import JobEvent
from ..ports import Ports

LONGEST_TEXT = 2000

_LOG = logging.getLogger(__name__)


def announce(
    kind: Literal["started", "deployed", "rejected", "inconclusive", "failed"],
    text: str,
    job: RetrainingJob,
    ports: Ports,
) -> None:
    """Publish one fact about a job; told twice, it has the same id.

    A bus that does not take it changes nothing about the fact, so that is logged and no more.
    """
    event = JobEvent(
        event_id=f"{job.job_id}-{kind}",
        kind=kind,
        job_id=job.job_id,
        model_name=job.model_name,
        text=text[:LONGEST_TEXT],
        at=ports.clock.now(),
    )
    try:
        ports.events.publish(event)
    except AutoRetrainError as error:
        _LOG.error("event %s was not published: %s", event.event_id, error)

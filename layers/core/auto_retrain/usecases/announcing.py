"""Publishes what became of a job or a model."""

import logging

from ..domain.errors import AutoRetrainError
from ..domain.job import RetrainingJob
from ..domain.messages import EventKind, JobEvent
from ..ports import Ports

LONGEST_TEXT = 2000

_LOG = logging.getLogger(__name__)


def announce(kind: EventKind, text: str, job: RetrainingJob, ports: Ports) -> None:
    """Publish one fact about a job; told twice, it has the same id."""
    _publish(kind, f"{job.job_id}-{kind}", job.model_name, text, ports, job.job_id)


def announce_model(kind: EventKind, event_id: str, model_name: str, text: str, ports: Ports) -> None:
    """Publish one fact about a model; told again under the same id, people hear of it once."""
    _publish(kind, event_id, model_name, text, ports)


def _publish(
    kind: EventKind, event_id: str, model_name: str, text: str, ports: Ports, job_id: str | None = None
) -> None:
    """A bus that does not take it changes nothing about the fact, so that is logged and no more."""
    event = JobEvent(
        event_id=event_id,
        kind=kind,
        job_id=job_id,
        model_name=model_name,
        text=text[:LONGEST_TEXT],
        at=ports.clock.now(),
    )
    try:
        ports.events.publish(event)
    except AutoRetrainError as error:
        _LOG.error("event %s was not published: %s", event_id, error)

"""What people can be notified of, as it travels over the event bus."""

from typing import Literal

from .base import Record, UtcTime

EventKind = Literal[
    "started",
    "skipped",
    "review",
    "declined",
    "deployed",
    "rejected",
    "inconclusive",
    "failed",
    "escalated",
    "quarantined",
    "quarantine_lifted",
]


class JobEvent(Record):
    """An announced fact about a model and mostly a job; published again, it has the same id."""

    event_id: str
    kind: EventKind
    job_id: str | None
    model_name: str
    text: str
    at: UtcTime

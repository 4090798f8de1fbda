"""Events on the bus, each of which people can be notified about."""

from typing import Literal

from .base import Record, UtcTime

EventKind = Literal[
    "started",
    "skipped",
    "review",
    "declined",
    "deployed",
    "rolled_back",
    "alias_moved",
    "rejected",
    "inconclusive",
    "failed",
    "escalated",
    "quarantined",
    "quarantine_lifted",
]


class JobEvent(Record):
    """An announced fact about a model and usually a job; its id stays the same when it is published again."""

    event_id: str
    kind: EventKind
    job_id: str | None
    model_name: str
    text: str
    at: UtcTime

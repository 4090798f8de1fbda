"""The event that every fact becomes on the bus: one envelope for all kinds, with a version."""

from typing import Any, Literal, Self

from pydantic import ConfigDict

from .base import Record, UtcTime
from .channels import SEVERITIES, Severity

MAX_SENTENCE = 10_000
# EventBridge takes 256 KB for an entry, which also counts its source, its kind and its time.
MAX_EVENT_BYTES = 255_000


class FactEvent(Record):
    """A fact on the bus; its id stays the same when it is published again.

    Fields may be added within a version; it changes when one goes, or comes to mean something else.
    `topic` is the kind, and for the end of a job how it ended. `models` is how many models the fact is about; if there
    are several, `model_name` is one of them and `model_names` are all. `fact` holds all fields of the fact, and is null
    if they are too large, as `model_names` is empty then. `page` is the address of the page that shows more, if the
    deployment has one (`PagesUrl`).
    """

    # Fields that only a newer release knows are ignored.
    model_config = ConfigDict(extra="ignore")

    version: Literal[1] = 1
    event_id: str
    kind: str
    topic: str
    severity: Severity
    model_name: str
    models: int = 1
    model_names: tuple[str, ...] = ()
    job_id: str | None = None
    actor: str | None = None
    at: UtcTime
    sentence: str
    page: str | None = None
    fact: dict[str, Any] | None = None

    def fitting(self) -> Self:
        """The event itself, or without the fields of the fact if the bus would refuse it for its size."""
        size = len(self.model_dump_json().encode())
        return self if size <= MAX_EVENT_BYTES else self.changed(fact=None, model_names=())


class JobEvent(Record):
    """The event of the release before this one, which may still be on its way during an upgrade."""

    event_id: str
    kind: str
    job_id: str | None
    model_name: str
    text: str
    at: UtcTime

    def as_fact_event(self) -> FactEvent:
        topic = _TOPICS.get(self.kind, self.kind)
        return FactEvent(
            event_id=self.event_id,
            kind="job_ended" if topic.startswith("job_") and topic != "job_opened" else topic,
            topic=topic,
            severity=SEVERITIES.get(topic, "loud"),
            model_name=self.model_name,
            job_id=self.job_id,
            at=self.at,
            sentence=self.text,
        )


_TOPICS = {
    "started": "job_opened",
    "skipped": "job_skipped",
    "review": "review_requested",
    "declined": "job_declined",
    "deployed": "job_promoted",
    "rolled_back": "version_taken_back",
    "rejected": "job_rejected",
    "inconclusive": "job_inconclusive",
    "failed": "job_failed",
    "quarantined": "quarantine_set",
}

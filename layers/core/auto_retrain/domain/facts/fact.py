"""What all facts have, and which of them have to get through."""

from abc import abstractmethod
from typing import Any

from pydantic import model_validator

from ..base import Record, UtcTime
from ..channels import SEVERITIES, Severity
from ..events import MAX_SENTENCE, FactEvent
from ..pages import address_of, page_of
from ..text import encodable, one_line


class Fact(Record):
    """What all facts have: the model, usually the job, the actor if it was a person, and the time."""

    kind: str
    model_name: str
    job_id: str | None = None
    actor: str | None = None
    at: UtcTime

    @model_validator(mode="before")
    @classmethod
    def _can_be_recorded(cls, fields: Any) -> Any:
        """Whatever others wrote: what cannot be hashed or published would keep what it speaks of from happening."""
        if not isinstance(fields, dict):
            return fields
        return {name: encodable(value) if isinstance(value, str) else value for name, value in fields.items()}

    @property
    def fact_id(self) -> str:
        """Stays the same when the same fact is recorded again."""
        return f"{self.job_id}-{self.kind.replace('_', '-')}"

    @property
    @abstractmethod
    def sentence(self) -> str:
        """The fact in one sentence for people."""

    @property
    def topic(self) -> str:
        """What messages are sorted by: the kind, unless one kind says things of different importance."""
        return self.kind

    @property
    def severity(self) -> Severity:
        """How loud the fact is by default."""
        return SEVERITIES[self.topic]

    @property
    def models(self) -> int:
        """How many models the fact is about."""
        return 1

    @property
    def model_names(self) -> tuple[str, ...]:
        """All models, if the fact is about several."""
        return ()

    def as_event(self, pages_url: str | None = None) -> FactEvent:
        """The event that the fact becomes on the bus; if it is published again, its id is the same."""
        event = FactEvent(
            event_id=self.fact_id,
            topic=self.topic,
            severity=self.severity,
            models=self.models,
            model_names=self.model_names,
            sentence=one_line(self.sentence)[:MAX_SENTENCE],
            page=address_of(pages_url, page_of(self.kind, self.model_name, self.job_id)),
            fact=self.model_dump(mode="json"),
            **{name: getattr(self, name) for name in Fact.model_fields},
        )
        return event.fitting()


class AnnouncedFact(Fact):
    """A fact that has to get through: whoever announces it does so again if the event bus was away."""


class Escalation(AnnouncedFact):
    """What a person has to do something about."""

    @property
    def fact_id(self) -> str:
        return f"{self.job_id}-escalated"

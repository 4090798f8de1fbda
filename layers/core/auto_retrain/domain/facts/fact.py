"""What all facts have, and what people are notified of."""

from abc import abstractmethod
from typing import ClassVar

from ..base import Record, UtcTime
from ..events import EventKind


class Fact(Record):
    """What all facts have: the model, usually the job, the actor if it was a person, and the time."""

    kind: str
    model_name: str
    job_id: str | None = None
    actor: str | None = None
    at: UtcTime

    @property
    def fact_id(self) -> str:
        """Stays the same when the same fact is recorded again."""
        return f"{self.job_id}-{self.kind.replace('_', '-')}"

    @property
    @abstractmethod
    def sentence(self) -> str:
        """The fact in one sentence for people."""


class AnnouncedFact(Fact):
    """A fact that people are notified of, in a text of a limited length."""

    max_text: ClassVar[int] = 2000

    @property
    @abstractmethod
    def event(self) -> EventKind:
        """The kind of the event that announces it."""

    @property
    def fact_id(self) -> str:
        return f"{self.job_id}-{self.event}"


class Escalation(AnnouncedFact):
    """What a person has to do something about."""

    @property
    def event(self) -> EventKind:
        return "escalated"

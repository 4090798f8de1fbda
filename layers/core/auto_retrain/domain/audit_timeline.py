"""One fact of an audit chain, as people read it."""

from typing import Any, Self

from pydantic import TypeAdapter, ValidationError

from .base import Record, UtcTime
from .facts.any_fact import AnyFact

_FACTS: TypeAdapter[AnyFact] = TypeAdapter(AnyFact)


class TimelineEntry(Record):
    """A fact with its number in the chain."""

    number: int
    at: UtcTime
    kind: str
    actor: str | None
    sentence: str

    @classmethod
    def of(cls, number: int, document: dict[str, Any]) -> Self:
        """From the document of a fact, be it of a kind that this release does not know.

        Raises ValueError for what is no fact.
        """
        fields = {name: value for name, value in document.items() if name != "fact_id"}
        try:
            sentence = _FACTS.validate_python(fields).sentence
        except ValidationError:
            sentence = "(of another release, whose words for it are not known here)"
        return cls(
            number=number,
            at=document.get("at"),
            kind=str(document.get("kind")),
            actor=document.get("actor"),
            sentence=sentence,
        )

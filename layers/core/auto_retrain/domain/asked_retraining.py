"""A retraining that a person asked for."""

from typing import Any

from pydantic import Field, JsonValue

from .base import Parameters, Record, UtcTime


class AskedRetraining(Record):
    """A retraining that a person asked for and got."""

    at: UtcTime
    actor: str
    reason: str
    parameters: Parameters = Field(default_factory=dict)
    variants: tuple[dict[str, JsonValue], ...] = ()
    review: bool = False

    def event(self, model_name: str) -> dict[str, Any]:
        """The event of its execution."""
        event: dict[str, Any] = {"model_name": model_name, "actor": self.actor, "reason": self.reason, "force": True}
        event |= {"event_time": self.at.isoformat(), "parameters": self.parameters, "variants": list(self.variants)}
        return event | {"review": self.review}

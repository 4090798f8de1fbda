"""A message to people: what a channel is given, whatever it makes of it."""

from collections.abc import Sequence
from itertools import groupby
from typing import Self

from .base import Record, UtcTime
from .channels import Severity
from .events import FactEvent
from .incidents import follows_incident


class Notification(Record):
    """One message; `lines` are those of a list. `at` is when it happened, however late the message is.

    `models` is how many models it is about, and `model_name` is one of them; a message about the fleet has none.
    """

    event_id: str
    topic: str
    severity: Severity
    title: str
    text: str
    at: UtcTime
    model_name: str | None = None
    models: int = 1
    job_id: str | None = None
    data_prefix: str | None = None
    lines: tuple[str, ...] = ()

    @classmethod
    def of(cls, event: FactEvent, data_prefix: str | None = None) -> Self:
        about = event.model_name if event.models == 1 else f"{event.models} models"
        return cls(
            event_id=event.event_id,
            topic=event.topic,
            severity=event.severity,
            title=f"{_words(event.topic)}: {about}",
            text=event.sentence,
            at=event.at,
            model_name=event.model_name,
            models=event.models,
            job_id=event.job_id,
            data_prefix=data_prefix,
        )

    @property
    def is_alone(self) -> bool:
        """Whether it is never sent as one with others: it is about several models already, or ends an incident."""
        return self.models != 1 or self.model_name is None or follows_incident(self.topic)

    @property
    def incident_key(self) -> tuple[str, str]:
        """Equal for messages that are sent as one: the same topic in the same hour."""
        return self.topic, self.event_id if self.is_alone else f"{self.at:%FT%H}"


def incidents(waiting: Sequence[Notification]) -> list[list[Notification]]:
    """Messages in the groups that are sent as one each, by the first of each group; every group is in order."""
    in_order = sorted(waiting, key=lambda each: (each.at, each.event_id))
    places = {each.incident_key: place for place, each in reversed(list(enumerate(in_order)))}
    grouped = sorted(in_order, key=lambda each: places[each.incident_key])
    return [list(group) for _, group in groupby(grouped, key=lambda each: each.incident_key)]


def as_one(group: Sequence[Notification]) -> Notification:
    """One message for a group, with a line for each."""
    first, last = group[0], group[-1]
    if len(group) == 1:
        return first
    names = {each.model_name for each in group}
    about = f"{len(names)} models" if len(names) > 1 else first.model_name
    span = f"From {first.at:%F %H:%M} to {last.at:%H:%M} UTC"
    return Notification(
        event_id=first.event_id,
        topic=first.topic,
        severity=first.severity,
        title=f"{_words(first.topic)}: {about}",
        text=f"{span}, {len(group)} times the same{_shared_data(group)}:",
        at=first.at,
        models=len(names),
        model_name=first.model_name,
        lines=tuple(f"{each.at:%H:%M} {each.text}" for each in group),
    )


def _shared_data(group: Sequence[Notification]) -> str:
    prefixes = {each.data_prefix for each in group}
    (prefix, *others) = prefixes
    return f", and all of them read {prefix}" if prefix and not others else ""


def _words(topic: str) -> str:
    return topic.replace("_", " ").capitalize()

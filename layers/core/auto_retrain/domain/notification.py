"""A message to people: what a channel is given, whatever it makes of it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Self

from pydantic import Field

from .base import Record, UtcTime
from .channels import Severity
from .events import FactEvent
from .incidents import follows_incident


class Notification(Record):
    """One message; `lines` are those of a list. `at` is when it happened, however late the message is.

    `models` is how many models it is about, and `model_name` is one of them; a message about the fleet has none.
    `model_names` are all of several, `last_at` says when it happened last to those that have a time of their own, and
    `incident` what they have in common: their data, if they share any, and the hour. `page` is the address at which
    people see more, if the deployment has one.
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
    model_names: tuple[str, ...] = ()
    last_at: Mapping[str, UtcTime] = Field(default_factory=dict)
    incident: str | None = None
    page: str | None = None

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
            model_names=event.model_names,
            incident=_incident(event.at, None) if event.models != 1 else None,
            page=event.page,
        )

    @property
    def times(self) -> dict[str, datetime]:
        """When it happened last to each model that is named; of several that are none if they were too many."""
        names = self.model_names if self.models != 1 or not self.model_name else (self.model_name,)
        return {name: self.last_at.get(name, self.at) for name in names}

    @property
    def is_alone(self) -> bool:
        """Whether it is never sent as one with others: it is about several models already, or ends an incident."""
        return self.models != 1 or self.model_name is None or follows_incident(self.topic)


Key = tuple[str, str, str | None]


def incidents(waiting: Sequence[Notification]) -> list[list[Notification]]:
    """Messages in the groups that are sent as one each, by the first of each group; every group is in order.

    A group has one topic and one hour. Models that read the same data are a group of their own; the others, of which
    each reads something else, are one, so that an hour in which everything breaks does not send a message for each.
    """
    in_order = sorted(waiting, key=lambda each: (each.at, each.event_id))
    shared = _shared(in_order)
    keys = {each.event_id: _key(each, shared) for each in in_order}
    places = {keys[each.event_id]: place for place, each in reversed(list(enumerate(in_order)))}
    grouped = sorted(in_order, key=lambda each: places[keys[each.event_id]])
    return [list(group) for _, group in groupby(grouped, key=lambda each: keys[each.event_id])]


def _shared(messages: Iterable[Notification]) -> set[Key]:
    """Topic, hour and data of which several models speak."""
    models: dict[Key, set[str | None]] = {}
    for each in messages:
        models.setdefault((each.topic, f"{each.at:%FT%H}", each.data_prefix), set()).add(each.model_name)
    return {key for key, names in models.items() if len(names) > 1}


def _key(message: Notification, shared: set[Key]) -> Key:
    """Equal for messages that are sent as one."""
    if message.is_alone:
        return message.topic, message.event_id, None
    own = message.topic, f"{message.at:%FT%H}", message.data_prefix
    return own if own in shared else (*own[:2], None)


def _incident(at: UtcTime, data_prefix: str | None) -> str:
    return f"{data_prefix or '*'}/{at:%FT%H}"


def as_one(group: Sequence[Notification]) -> Notification:
    """One message for a group, with a line for each."""
    first, last = group[0], group[-1]
    if len(group) == 1:
        return first
    names = tuple(dict.fromkeys(each.model_name for each in group if each.model_name))
    about = f"{len(names)} models" if len(names) > 1 else first.model_name
    prefix = _shared_prefix(group)
    pages = {each.page and each.page.partition("#")[0] for each in group}
    data = f", and all of them read {prefix}" if prefix else ""
    span = f"From {first.at:%F %H:%M} to {last.at:%H:%M} UTC"
    return Notification(
        event_id=first.event_id,
        topic=first.topic,
        severity=first.severity,
        title=f"{_words(first.topic)}: {about}",
        text=f"{span}, {len(group)} times the same{data}:",
        at=first.at,
        models=len(names),
        model_name=first.model_name,
        data_prefix=prefix,
        lines=tuple(f"{each.at:%H:%M} {each.text}" for each in group),
        model_names=names,
        last_at={each.model_name: each.at for each in group if each.model_name},
        incident=_incident(first.at, prefix),
        page=pages.pop() if len(pages) == 1 else None,
    )


def _shared_prefix(group: Sequence[Notification]) -> str | None:
    (prefix, *others) = {each.data_prefix for each in group}
    return None if others else prefix


def _words(topic: str) -> str:
    return topic.replace("_", " ").capitalize()

"""Notifies people of what is published on the bus, and every minute of what has waited."""

from functools import partial
from typing import Annotated, Any

from pydantic import ConfigDict, Discriminator, Tag

from ...domain.base import Record
from ...domain.errors import NotificationFailed
from ...domain.events import FactEvent, JobEvent
from ...domain.messages.notifying import NotificationOutcome
from ...domain.messages.references import ScheduledEvent
from ...domain.notification import Notification
from ...domain.policy.notify import NotifyPolicy
from ...ports import Ports
from ..isolation import attempt
from .deliver import deliver
from .send_waiting import send_waiting


class PublishedEvent(Record):
    """The part of an event from the bus that we read; fields that only a newer release knows are ignored."""

    model_config = ConfigDict(extra="ignore")

    detail: FactEvent | JobEvent


def _is_tick(message: Any) -> str:
    # A schedule has nothing to say; nor has a person who invokes the function by hand.
    return "event" if message.get("detail") else "tick"


Message = Annotated[
    Annotated[PublishedEvent, Tag("event")] | Annotated[ScheduledEvent, Tag("tick")], Discriminator(_is_tick)
]


def notify(message: Message, ports: Ports) -> NotificationOutcome:
    """Send an event's message, or what has waited; raises only if a message could be neither sent nor kept."""
    if isinstance(message, ScheduledEvent):
        return send_waiting(ports)
    event = message.detail if isinstance(message.detail, FactEvent) else message.detail.as_fact_event()
    routing = ports.routing.of(event.model_name)
    notification = Notification.of(event, routing.data_prefix)
    # No one policy decides on what is about several models.
    policy = routing.notify if event.models == 1 else NotifyPolicy()
    sent: dict[str, int] = {}
    waits: dict[str, int] = {}
    problems: list[str] = []
    for channel in policy.channels_for(event.topic, event.severity):
        if channel in ports.channels:
            outcome = attempt(partial(deliver, channel, notification, ports), channel, problems)
            sent[channel], waits[channel] = int(outcome == "sent"), int(outcome == "waits")
    if problems:
        raise NotificationFailed("; ".join(problems))
    return NotificationOutcome(sent=sent, waits=waits)

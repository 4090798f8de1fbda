"""Tells people about a job event, once."""

from datetime import timedelta

from pydantic import ConfigDict

from ..domain.base import Record
from ..domain.errors import NotificationFailed
from ..domain.messages import JobEvent
from ..ports import Ports

REMEMBERED = timedelta(days=7)


class PublishedEvent(Record):
    """The part that we read of an event from the bus."""

    model_config = ConfigDict(extra="ignore")

    detail: JobEvent


class NotificationReport(Record):
    """Whether people were told by this call."""

    told: bool


def notify(published: PublishedEvent, ports: Ports) -> NotificationReport:
    """Send the event's text; raises NotificationFailed so that the delivery is tried again."""
    event = published.detail
    if not ports.notifications.claim(event.event_id, ports.clock.now() + REMEMBERED):
        return NotificationReport(told=False)
    try:
        ports.notifier.send(event.text)
    except NotificationFailed:
        ports.notifications.release(event.event_id)
        raise
    return NotificationReport(told=True)

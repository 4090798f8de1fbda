"""Tells people about a job event, once."""

from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

from pydantic import ConfigDict

from ...domain.base import Record
from ...domain.errors import TransientError
from ...domain.events import JobEvent
from ...ports import Ports

# Longer than this function may run, and over before a delivery is tried for the last time.
CLAIMED = timedelta(minutes=2)
REMEMBERED = timedelta(days=7)


class PublishedEvent(Record):
    """The part that we read of an event from the bus."""

    model_config = ConfigDict(extra="ignore")

    detail: JobEvent


class NotificationReport(Record):
    """Whether people were told by this call."""

    told: bool


def notify(published: PublishedEvent, ports: Ports) -> NotificationReport:
    """Send the event's text; whatever it raises lets the delivery be tried again."""
    event, now = published.detail, ports.clock.now()
    if not ports.notifications.claim(event.event_id, uuid4().hex, now + CLAIMED):
        return NotificationReport(told=False)
    try:
        ports.notifier.send(event.text)
    except Exception:
        ports.notifications.release(event.event_id)
        raise
    # Failing here would have people told again for certain, where now they are only if the bus repeats itself.
    with suppress(TransientError):
        ports.notifications.confirm(event.event_id, now + REMEMBERED)
    return NotificationReport(told=True)

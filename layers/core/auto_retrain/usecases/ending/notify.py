"""Notifies people of a job event, once."""

from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

from pydantic import ConfigDict

from ...domain.base import Record
from ...domain.errors import TransientError
from ...domain.events import JobEvent
from ...ports import Ports

# Longer than this function may run, and over before the last attempt at a delivery.
CLAIM_TIME = timedelta(minutes=2)
RETENTION = timedelta(days=7)


class PublishedEvent(Record):
    """The part of an event from the bus that we read."""

    model_config = ConfigDict(extra="ignore")

    detail: JobEvent


class NotificationOutcome(Record):
    """Whether this call notified people."""

    told: bool


def notify(published: PublishedEvent, ports: Ports) -> NotificationOutcome:
    """Send the event's text; if it raises any error, the delivery is tried again."""
    event, now = published.detail, ports.clock.now()
    if not ports.notifications.claim(event.event_id, uuid4().hex, now + CLAIM_TIME):
        return NotificationOutcome(told=False)
    try:
        ports.notifier.send(event.text)
    except Exception:
        ports.notifications.release(event.event_id)
        raise
    # An error here would surely notify people again; without one, that takes a repeated delivery.
    with suppress(TransientError):
        ports.notifications.confirm(event.event_id, now + RETENTION)
    return NotificationOutcome(told=True)

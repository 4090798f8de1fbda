"""Sends one message through one channel, once; a message that cannot be sent now waits in the outbox."""

import logging
from contextlib import suppress
from datetime import timedelta
from typing import Literal
from uuid import uuid4

from ...domain.channels import ChannelName
from ...domain.errors import NotificationFailed, TransientError
from ...domain.notification import Notification
from ...ports import Ports

_LOG = logging.getLogger(__name__)

# Longer than this function may run, and over before the last attempt at a delivery.
CLAIM_TIME = timedelta(minutes=2)
RETENTION = timedelta(days=7)
# After a message, others of its topic wait for each other so long: the first goes at once, eighty more as a list.
WINDOW = timedelta(minutes=5)
# Whoever waits longer than that waits for the channel, so newer messages queue behind.
MAX_WAIT = timedelta(minutes=7)

Outcome = Literal["sent", "waits", "known"]


def deliver(channel: ChannelName, notification: Notification, ports: Ports) -> Outcome:
    """Send a message or keep it; a repeated one is known.

    Raises TransientError if it could be neither sent nor kept: then nothing is claimed, and it may be repeated.
    """
    claim, now = f"{notification.event_id}#{channel}", ports.clock.now()
    if not ports.notifications.claim(claim, uuid4().hex, now + CLAIM_TIME):
        return "known"
    try:
        outcome = _send_or_keep(channel, notification, ports)
    except Exception:
        ports.notifications.release(claim)
        raise
    # An error here would surely notify people again; without one, that takes a repeated delivery.
    with suppress(TransientError):
        ports.notifications.confirm(claim, now + RETENTION)
    return outcome


def _send_or_keep(channel: ChannelName, notification: Notification, ports: Ports) -> Outcome:
    if not _has_to_queue(channel, ports) and opens_window(channel, notification, ports):
        try:
            ports.channels[channel].send(notification)
        except Exception as error:  # whatever it is, the message must not get lost
            _LOG.error("%s did not take '%s'", channel, notification.event_id, exc_info=error)
            close_window(channel, notification, ports)
        else:
            return "sent"
    ports.outbox.add(channel, notification)
    return "waits"


def _has_to_queue(channel: ChannelName, ports: Ports) -> bool:
    """Whether older messages wait because the channel fails."""
    return any(is_late(oldest, ports) for oldest in ports.outbox.waiting(channel, 1))


def is_late(notification: Notification, ports: Ports) -> bool:
    """Whether a message waits for its channel, rather than for others like it."""
    return notification.at < ports.clock.now() - MAX_WAIT


def opens_window(channel: ChannelName, notification: Notification, ports: Ports) -> bool:
    """Whether nothing of its topic was sent a moment ago; if so, this is the message after which others wait."""
    if notification.is_alone:
        return True
    try:
        return ports.notifications.claim(_window(channel, notification), uuid4().hex, ports.clock.now() + WINDOW)
    except NotificationFailed:
        return False


def close_window(channel: ChannelName, notification: Notification, ports: Ports) -> None:
    """The message was not sent after all, so others like it need not wait."""
    ports.notifications.release(_window(channel, notification))


def _window(channel: ChannelName, notification: Notification) -> str:
    return f"window#{channel}#{notification.topic}"

"""Sends what waits in the outbox, in order; messages of one topic, one hour and the same data are sent as one."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

from ...domain.channels import ChannelName
from ...domain.errors import NotificationFailed, NotificationRefused
from ...domain.messages.notifying import NotificationOutcome
from ...domain.notification import Notification, as_one, incidents
from ...ports import Ports
from .deliver import CLAIM_TIME, close_window, is_late, opens_window

_LOG = logging.getLogger(__name__)

# Of a channel in one pass; the next one begins a minute later.
MAX_MESSAGES = 1_000
# After that a pass begins no further message of a channel, so that the function ends in time and all have their turn.
CHANNEL_TIME = timedelta(seconds=12)
# A channel that asks for more time than this is asked again.
MAX_PAUSE_SECONDS = 3600.0
# What a channel has refused for so long is given up; the log has it, and so has the bus.
MAX_AGE = timedelta(days=14)


def send_waiting(ports: Ports) -> NotificationOutcome:
    """Make one pass over all channels; whatever one of them does, the others get theirs."""
    sent: dict[str, int] = {}
    waits: dict[str, int] = {}
    late = 0
    for channel in ports.channels:
        waiting = ports.outbox.waiting(channel, MAX_MESSAGES)
        sent[channel] = _send_all(channel, waiting, ports) if waiting else 0
        left = ports.outbox.waiting(channel, MAX_MESSAGES) if waiting else []
        _give_up(channel, left, ports)
        waits[channel] = len(left)
        late += sum(is_late(each, ports) for each in left)
    return NotificationOutcome(sent=sent, waits=waits, late=late)


def _send_all(channel: ChannelName, waiting: Sequence[Notification], ports: Ports) -> int:
    """Send what may go now, unless another pass does or the channel asked for time; returns how many were sent."""
    lease, owner = f"pass#{channel}", uuid4().hex
    try:
        ports.notifications.claim(lease, owner, ports.clock.now() + CLAIM_TIME)
    except NotificationFailed:
        return 0
    sent, end = 0, ports.clock.now() + CHANNEL_TIME
    opened: set[str] = set()
    for group in incidents(waiting):
        if ports.clock.now() > end:
            break
        try:
            sent += _send(channel, group, opened, ports)
        except Exception as error:  # whatever it is, the other channels get their messages
            _LOG.error("%s fails; its messages wait", channel, exc_info=error)
            if isinstance(error, NotificationFailed) and error.retry_after:
                until = ports.clock.now() + timedelta(seconds=min(error.retry_after, MAX_PAUSE_SECONDS))
                ports.notifications.claim(lease, owner, until)
                return sent
            break
    ports.notifications.release(lease)
    return sent


def _send(channel: ChannelName, group: Sequence[Notification], opened: set[str], ports: Ports) -> int:
    """Send a group as one message, unless others of its topic were sent a moment ago; returns how many were sent.

    The topics that this pass `opened` are free: models with different data are different messages. A refused message
    stops no others, and is tried again after the window. Raises what the channel raises.
    """
    # What waited for its channel has waited enough: hour by hour, in order.
    topic = group[0].topic
    if topic not in opened and not is_late(group[0], ports) and not opens_window(channel, group[0], ports):
        return 0
    opened.add(topic)
    message = as_one(group)
    try:
        ports.channels[channel].send(message)
    except NotificationRefused as error:
        _LOG.error("%s refused '%s'", channel, message.event_id, exc_info=error)
        return 0
    except Exception:
        close_window(channel, group[0], ports)
        raise
    for each in group:
        ports.outbox.remove(channel, each)
    return len(group)


def _give_up(channel: ChannelName, waiting: Sequence[Notification], ports: Ports) -> None:
    for each in waiting:
        if each.at < ports.clock.now() - MAX_AGE:
            _LOG.error("%s never took '%s', which is given up: %s", channel, each.event_id, each.text)
            ports.outbox.remove(channel, each)

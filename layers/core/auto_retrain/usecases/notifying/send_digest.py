"""Sends the digest of the week to the channels that get what is neither loud nor quiet."""

from ...domain.messages.notifying import DigestOutcome
from ...domain.messages.references import ScheduledEvent
from ...domain.pages import FLEET_PAGE, address_of
from ...domain.policy.notify import NotifyPolicy
from ...ports import Ports
from .summarize_fleet import summarize_fleet

DAYS = 7


def send_digest(tick: ScheduledEvent, ports: Ports) -> DigestOutcome:
    """Put the digest into the outbox; sent twice on one day, it is one message."""
    notification = summarize_fleet(DAYS, ports).as_notification(address_of(ports.pages_url, FLEET_PAGE))
    channels = [name for name in NotifyPolicy().normal if name in ports.channels]
    for name in channels:
        ports.outbox.add(name, notification)
    return DigestOutcome(channels=tuple(channels), lines=len(notification.lines))

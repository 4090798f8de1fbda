"""Checks the channels to people: those that are set up, and those that policies name although they are not."""

from collections.abc import Iterator
from datetime import datetime

from ...domain.channels import ChannelName
from ...domain.errors import AutoRetrainError
from ...domain.installation import Finding
from ...domain.notification import Notification
from ...ports import Ports
from .each_model import FOR_POLICIES, ReadFleet

_SET_UP = "set it up as docs/notifications.md#setting-up-channels says"


def check_channels(fleet: ReadFleet, ports: Ports, send: bool = False) -> Iterator[Finding]:
    """Yield a finding for each channel that is set up; nothing is sent, except a test message if asked for."""
    if not ports.channels:
        yield Finding(subject="channels", is_good=True, text="none is set up in these settings, so nobody is notified")
    for name in ports.channels:
        yield _check(name, send, ports)
    try:
        absent = _absent(fleet, ports)
    except AutoRetrainError as error:
        yield Finding.unknown("channels", error, FOR_POLICIES)
        return
    for absent_name, models in sorted(absent.items()):
        text = f"not set up in these settings, but named by the policies of {', '.join(models)}"
        remedy = f"{_SET_UP}, or take it out of notify in these policies"
        yield Finding(subject=f"channel {absent_name}", is_good=False, text=text, remedy=remedy)


def _check(name: ChannelName, send: bool, ports: Ports) -> Finding:
    subject, channel = f"channel {name}", ports.channels[name]
    try:
        text = channel.check()
        if send:
            channel.send(_test_message(ports.clock.now()))
            text = "took a test message"
    except AutoRetrainError as error:
        return Finding(subject=subject, is_good=False, text=f"{type(error).__name__}: {error}", remedy=_SET_UP)
    return Finding(subject=subject, is_good=True, text=text)


def _absent(fleet: ReadFleet, ports: Ports) -> dict[str, list[str]]:
    """The channels that policies ask for beyond the defaults and that are not set up, with the models."""
    absent: dict[str, list[str]] = {}
    for applied, _ in fleet():
        for name in applied.policy.notify.chosen() - set(ports.channels):
            absent.setdefault(name, []).append(applied.policy.model)
    return absent


def _test_message(now: datetime) -> Notification:
    return Notification(
        event_id=f"test-{now.isoformat()}",
        topic="test",
        severity="quiet",
        title="Test message",
        text="A test of 'auto-retrain doctor --send': this channel works",
        at=now,
    )

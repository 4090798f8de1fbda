"""Whenever the function dies, each channel gets its message; twice only if it died just after sending or keeping it."""

from contextlib import suppress
from datetime import timedelta

import pytest

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.adapters.memory.outside import MemoryChannel
from auto_retrain.domain.channels import ChannelName
from auto_retrain.domain.errors import AutoRetrainError, NotificationFailed
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.usecases.notifying.deliver import CLAIM_TIME
from auto_retrain.usecases.notifying.notify import PublishedEvent, notify
from tests.unit.usecases.interruptions import Moment, OutsideCalls, TappedPort, die
from tests.unit.usecases.notifying.test_notify import an_event

# Before this is noted nothing can be done: a repeated message is better than a lost one.
REPEATED_AFTER = ("channel", "outbox.add")
REPEATED_BEFORE = ("notifications.confirm", "outbox.remove")


class Crashing:
    """A delivery and the passes after it, one of which dies at a moment, with or without a channel that is away."""

    def __init__(self, slack_is_away: bool, at: Moment | None = None) -> None:
        self.ports = MemoryPorts()
        self.channels: dict[ChannelName, MemoryChannel] = dict(self.ports.channels)
        self.event = an_event(self.ports)
        self._slack_is_away = slack_is_away
        self.calls = OutsideCalls(self.ports, at, die)
        tapped = {name: TappedPort(self.calls, f"channel {name}", channel) for name, channel in self.channels.items()}
        self.ports.channels = tapped  # type: ignore[assignment]

    def run(self) -> dict[str, int]:
        """How often each channel got the message in the end."""
        if self._slack_is_away:
            self.channels["slack"].error = NotificationFailed("away")
        self.calls.run(self._deliver)
        self.channels["slack"].error = None
        self.calls.run(self._pass)
        # Lambda tries again what did not end, and the schedule goes on.
        self.ports.clock.advance(CLAIM_TIME + timedelta(seconds=1))
        self._deliver()
        for _ in range(10):
            self.ports.clock.advance(timedelta(minutes=1))
            self._pass()
        return {name: len(channel.sent) for name, channel in self.channels.items()}

    def _deliver(self) -> None:
        with suppress(AutoRetrainError):
            notify(PublishedEvent(detail=self.event), self.ports)

    def _pass(self) -> None:
        notify(ScheduledEvent(), self.ports)


@pytest.mark.parametrize("slack_is_away", [False, True], ids=["all channels work", "Slack is away"])
def test_every_channel_gets_its_message_whenever_the_function_dies(slack_is_away: bool) -> None:
    undisturbed = Crashing(slack_is_away)
    assert undisturbed.run() == {"slack": 1, "sns": 1, "pagerduty": 1}
    outcomes = {}
    for call in undisturbed.calls.made:
        for when in ("before", "after"):
            crashing = Crashing(slack_is_away, Moment(when, call))
            counts = crashing.run().values()
            may_repeat = call.startswith(REPEATED_AFTER if when == "after" else REPEATED_BEFORE)
            outcomes[when, call] = min(counts) == 1 and max(counts) <= 1 + may_repeat
    assert [moment for moment, is_good in outcomes.items() if not is_good] == []
    assert len(outcomes) > 30

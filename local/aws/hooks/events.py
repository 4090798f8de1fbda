"""The hook of EventBridge."""

from typing import Any
from unittest.mock import patch

from moto.events.models import Rule

from local.aws import events
from local.aws.dispatcher import Dispatcher
from local.aws.hooks.hook import Hook


def deliver_events(dispatcher: Dispatcher) -> Hook:
    """AWS delivers events to functions and state machines, after PutEvents has returned.

    moto answers PutEvents with HTTP 500 if a rule has such a target.
    """

    def send_to_targets(self: Rule, original_event: Any, transform_input: bool = True) -> None:
        dispatcher.offer(self, events.put_event(original_event))

    return patch.object(Rule, "send_to_targets", send_to_targets)

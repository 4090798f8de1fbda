"""The part of EventBridge that we use: delivers to the targets of the rules that CloudFormation created in moto."""

import json
import logging
from collections.abc import Iterable
from concurrent.futures import Future
from datetime import datetime
from typing import Any
from uuid import uuid4

from moto.events.models import Rule, events_backends
from moto.stepfunctions.responses import get_backend as step_functions

from local.aws import events
from local.aws.activity import Activity, Background
from local.aws.dead_letters import send_to_queue
from local.aws.environment import ACCOUNT, REGION
from local.aws.events import Event
from local.aws.invoker import Invoker

_LOG = logging.getLogger(__name__)
# Done once the target has accepted the event; its result is the invocation that follows, if the target is a function.
Delivery = Future[Future[None] | None]


class Dispatcher:
    """Matches events against the deployed rules, so that template and emulation cannot disagree."""

    def __init__(self, invoker: Invoker, activity: Activity) -> None:
        self._invoker = invoker
        self._background = Background(activity, 8, "event-delivery")

    def publish(self, event: Event) -> None:
        for rule in rules():
            self.offer(rule, event)

    def offer(self, rule: Rule, event: Event) -> None:
        """Deliver if the rule is enabled and its pattern matches; in moto, any event matches a mere schedule."""
        if rule.state == "ENABLED" and rule.event_pattern.get_pattern() and rule.event_pattern.matches_event(event):
            self.deliver(rule, event)

    def deliver(self, rule: Rule, event: Event) -> list[Delivery]:
        what = f"event '{event['detail-type']}' for {rule.name}"
        return [self._background.submit(what, self._hand_to, target, event) for target in rule.targets]

    def fire_schedule(self, logical_id: str, at: datetime) -> list[Delivery]:
        """Fire a scheduled rule as of that moment, whatever the clock says."""
        rule = rule_of(logical_id)
        return self.deliver(rule, events.scheduled(rule, at))

    def close(self) -> None:
        self._background.close()

    def _hand_to(self, target: dict[str, Any], event: Event) -> Future[None] | None:
        try:
            return _TARGETS[target["Arn"].split(":")[2]](self, target, json.dumps(event))
        except Exception:
            _LOG.exception("could not deliver %s to %s", event["detail-type"], target["Arn"])
            if "DeadLetterConfig" in target:
                send_to_queue(target["DeadLetterConfig"]["Arn"], json.dumps(event))
            return None

    def _invoke_function(self, target: dict[str, Any], body: str) -> "Future[None]":
        return self._invoker.submit(target["Arn"].rpartition(":")[2], body.encode())

    def _start_execution(self, target: dict[str, Any], body: str) -> None:
        name = f"{json.loads(body)['id']}_{uuid4()}"
        step_functions(ACCOUNT, REGION).start_execution(target["Arn"], name, body)


_TARGETS = {"lambda": Dispatcher._invoke_function, "states": Dispatcher._start_execution}


def rules() -> Iterable[Rule]:
    return list(events_backends[ACCOUNT][REGION].event_buses["default"].rules.values())


def rule_of(logical_id: str) -> Rule:
    by_id = {getattr(rule, "logical_resource_id", rule.name): rule for rule in rules()}
    if logical_id not in by_id:
        raise KeyError(f"no rule {logical_id} is deployed, only {', '.join(sorted(by_id))}")
    return by_id[logical_id]

"""Starts an execution for each model that a CloudWatch alarm is about."""

import re
from functools import partial
from typing import Any, NamedTuple

from ...domain.alarms import Alarm, parse_alarm
from ...domain.errors import EventInvalid
from ...domain.messages.triggering import AlarmOutcome
from ...domain.names import MODEL_NAME_PATTERN, execution_name
from ...domain.trigger_type import TriggerType
from ...ports import Ports
from ..isolation import Losses

_TRIGGER = TriggerType.PERFORMANCE_DEGRADATION.value


class _Models(NamedTuple):
    """The models that an alarm is about, and those that it names but that have no policy."""

    known: list[str]
    unknown: list[str]


def receive_alarm(event: dict[str, Any], ports: Ports) -> AlarmOutcome:
    """Handle an alarm from EventBridge or from its own Lambda action; ignore one that is not in ALARM.

    A second delivery starts nothing: the execution is named after the model and the state change.

    Raises:
        EventInvalid: the event is not an alarm, or the alarm names no model that has a policy.
        TransientError: some executions could not be started; the alarm, delivered again, starts only those.
    """
    alarm = parse_alarm(event)
    if alarm.state != "ALARM":
        return AlarmOutcome(alarm=alarm.name, ignored=f"its state is {alarm.state}, only ALARM calls for a retraining")
    models = _models(alarm, ports)
    if alarm.has_contributors and not models.known:
        return AlarmOutcome(alarm=alarm.name, ignored="it watches many series, each of which sends events of its own")
    if not models.known:
        raise EventInvalid(_refusal(alarm, models.unknown))
    losses = Losses()
    arns = [losses.attempt(partial(_start, model, alarm, ports), model) for model in models.known]
    losses.raise_transient()
    started = tuple(arn for arn in arns if arn)
    return AlarmOutcome(
        alarm=alarm.name,
        started=started,
        known=len(arns) - len(started) - len(losses.problems),
        unknown=tuple(models.unknown),
        problems=tuple(losses.problems),
    )


def _models(alarm: Alarm, ports: Ports) -> _Models:
    """A policy that lists the alarm knows best: a dimension or a name may mean something else by accident."""
    listed = ports.policies.listing_alarm(alarm.name)
    if listed:
        return _Models(sorted(listed), [])
    unknown: set[str] = set()
    for candidates in alarm.candidates():
        known = {model for model in candidates if _has_policy(model, ports)}
        unknown |= candidates - known
        if known:
            return _Models(sorted(known), sorted(unknown))
    return _Models([], sorted(unknown))


def _has_policy(name: str, ports: Ports) -> bool:
    return re.fullmatch(MODEL_NAME_PATTERN, name) is not None and ports.policies.get(name) is not None


def _refusal(alarm: Alarm, unknown: list[str]) -> str:
    if unknown:
        return f"alarm '{alarm.name}' names '{', '.join(unknown)}', which has no policy; apply one first"
    return (
        f"alarm '{alarm.name}' names no model: give its metric the dimension 'Model', name it "
        f"auto-retrain-STAGE-model-MODEL, or list it under triggers.alarms of a policy"
    )


def _start(model: str, alarm: Alarm, ports: Ports) -> str | None:
    event = {
        "model_name": model,
        "trigger_type": _TRIGGER,
        "event_time": alarm.time.isoformat(),
        "reason": alarm.reason,
    }
    name = execution_name(model, _TRIGGER, f"alarm {alarm.name} {alarm.changed_at}")
    return ports.executions.start(name, event)

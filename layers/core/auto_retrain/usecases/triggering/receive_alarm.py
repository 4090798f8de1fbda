"""Starts an execution for each model that a CloudWatch alarm names."""

from collections import defaultdict
from functools import partial
from typing import Any

from ...domain.alarms import Alarm, parse_alarm
from ...domain.errors import EventInvalid
from ...domain.messages.triggering import AlarmOutcome
from ...domain.names import execution_name
from ...domain.trigger_type import TriggerType
from ...ports import Ports
from ..isolation import Losses

_TRIGGER = TriggerType.PERFORMANCE_DEGRADATION.value


def receive_alarm(event: dict[str, Any], ports: Ports) -> AlarmOutcome:
    """Handle an alarm from EventBridge or from its own Lambda action; ignore one that is not in ALARM.

    A second delivery starts nothing: the execution is named after the model and the state change.

    Raises:
        EventInvalid: the event is not an alarm, or the alarm names no model or one without a policy.
        TransientError: some executions could not be started; the alarm, delivered again, starts only those.
    """
    alarm = parse_alarm(event)
    if alarm.state != "ALARM":
        return AlarmOutcome(alarm=alarm.name, ignored=f"its state is {alarm.state}, only ALARM calls for a retraining")
    losses = Losses()
    models = sorted(_models(alarm, ports))
    arns = [losses.attempt(partial(_start, model, alarm, ports), model) for model in models]
    losses.raise_transient()
    started, problems = tuple(arn for arn in arns if arn), tuple(losses.problems)
    known = len(arns) - len(started) - len(problems)
    return AlarmOutcome(alarm=alarm.name, started=started, known=known, problems=problems)


def _models(alarm: Alarm, ports: Ports) -> set[str]:
    by_alarm: dict[str, list[str]] = defaultdict(list)
    known = set()
    for applied, _ in ports.policies.fleet():
        known.add(applied.policy.model)
        for name in applied.policy.triggers.alarms:
            by_alarm[name].append(applied.policy.model)
    models = alarm.models(by_alarm)
    if not models:
        raise EventInvalid(
            f"alarm '{alarm.name}' names no model: give its metric the dimension 'Model', name it "
            f"auto-retrain-STAGE-model-MODEL, or list it under triggers.alarms of a policy"
        )
    unknown = sorted(models - known)
    if unknown:
        raise EventInvalid(f"alarm '{alarm.name}' names '{unknown[0]}', which has no policy; apply one first")
    return models


def _start(model: str, alarm: Alarm, ports: Ports) -> str | None:
    event = {
        "model_name": model,
        "trigger_type": _TRIGGER,
        "event_time": alarm.time.isoformat(),
        "reason": f"CloudWatch alarm '{alarm.name}'"[:500],
    }
    name = execution_name(model, _TRIGGER, f"alarm {alarm.name} {alarm.changed_at}")
    return ports.executions.start(name, event)

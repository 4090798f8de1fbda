"""Understands whatever may start an execution: our own request, or a CloudWatch alarm."""

import json
from typing import Any

from pydantic import ValidationError

from .alarms import is_alarm, parse_alarm
from .errors import EventInvalid
from .explain import explain
from .messages import TriggerRequest
from .trigger_type import TriggerType

MOST_LEVELS = 50

_HELP = (
    'send {"model_name": "...", "actor": "...", "reason": "..."}, optionally with "event_time", "parameters" and '
    '"force", or a "CloudWatch Alarm State Change" event of an alarm whose metric has the dimension "Model"'
)


def parse_trigger_event(event: Any) -> TriggerRequest:
    """The request that an event stands for; raises EventInvalid with a message that says what to send."""
    if not isinstance(event, dict):
        raise EventInvalid(f"the input is a JSON {type(event).__name__} and no object; {_HELP}")
    if is_alarm(event):
        return _parse(_request_of_alarm(event))
    if "model_name" not in event:
        raise EventInvalid(f"model_name: required but not given; {_HELP}")
    request = _parse(event)
    if request.trigger_type is TriggerType.MANUAL and not (request.actor and request.reason):
        raise EventInvalid(f"a manual request needs 'actor' and 'reason'; {_HELP}")
    return request


def _parse(document: dict[str, Any]) -> TriggerRequest:
    moment = document.get("event_time")
    # Seconds or milliseconds since 1970? The one taken for the other is another century.
    if isinstance(moment, str) and "-" not in moment:
        raise EventInvalid(f"event_time = {moment!r}: must be like 2026-03-01T12:00:00Z and no number; {_HELP}")
    if _is_deeper(document, MOST_LEVELS):
        raise EventInvalid(f"parameters: nested more than {MOST_LEVELS} levels deep; {_HELP}")
    try:
        # Through JSON text: there, dates are text and yet nothing else is converted.
        return TriggerRequest.model_validate_json(json.dumps(document), strict=True)
    except ValidationError as error:
        raise EventInvalid(f"{explain(error, TriggerRequest)}; {_HELP}") from error


def _is_deeper(value: Any, levels: int) -> bool:
    """Level by level, because a value that is nested without end would exhaust the stack."""
    level = [value]
    for _ in range(levels):
        children = [found.values() if isinstance(found, dict) else found for found in level]
        level = [child for found in children for child in found if isinstance(child, dict | list)]
        if not level:
            return False
    return True


def _request_of_alarm(event: dict[str, Any]) -> dict[str, Any]:
    alarm = parse_alarm(event)
    models = alarm.models({})
    if len(models) != 1:
        found = f"names {len(models)} models" if models else "names no model"
        raise EventInvalid(f"alarm '{alarm.name}' {found}; {_HELP}")
    if alarm.state != "ALARM":
        raise EventInvalid(f"alarm '{alarm.name}' is {alarm.state}, only ALARM calls for a retraining; {_HELP}")
    return {
        "model_name": models.pop(),
        "trigger_type": TriggerType.PERFORMANCE_DEGRADATION.value,
        "event_time": alarm.time.isoformat(),
        "reason": f"CloudWatch alarm '{alarm.name}'"[:500],
    }

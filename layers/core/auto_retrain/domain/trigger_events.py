"""Parses the events that can start an execution: our own request, or a CloudWatch alarm."""

import json
from typing import Any

from pydantic import ValidationError

from .alarms import is_alarm, parse_alarm
from .errors import EventInvalid
from .explain import explain
from .messages.triggering import TriggerRequest
from .trigger_type import TriggerType

MAX_LEVELS = 50

_HELP = (
    'send {"model_name": "...", "actor": "...", "reason": "..."}, optionally with "event_time", "parameters" and '
    '"force", or a "CloudWatch Alarm State Change" event of an alarm whose metric has the dimension "Model"'
)


def parse_trigger_event(event: Any) -> TriggerRequest:
    """Parse an event into a request; raises EventInvalid with a message that says what to send."""
    if not isinstance(event, dict):
        raise EventInvalid(f"the input must be a JSON object, not {type(event).__name__}; {_HELP}")
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
    # Seconds and milliseconds since 1970 cannot be told apart, so numbers are refused.
    if isinstance(moment, str) and "-" not in moment:
        raise EventInvalid(
            f"event_time = {moment!r}: must be a time such as 2026-03-01T12:00:00Z, not a number; {_HELP}"
        )
    if _is_deeper(document, MAX_LEVELS):
        raise EventInvalid(f"parameters: nested more than {MAX_LEVELS} levels deep; {_HELP}")
    try:
        text = json.dumps(document)
    except ValueError as error:
        raise EventInvalid(f"a number has too many digits; {_HELP}") from error
    try:
        # By way of JSON text, where strict mode accepts dates as text and converts nothing else.
        return TriggerRequest.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise EventInvalid(f"{explain(error, TriggerRequest)}; {_HELP}") from error


def _is_deeper(value: Any, levels: int) -> bool:
    """Checked level by level, because recursion into a deeply nested value would exhaust the stack."""
    level = [value]
    for _ in range(levels):
        children = [value.values() if isinstance(value, dict) else value for value in level]
        level = [child for values in children for child in values if isinstance(child, dict | list)]
        if not level:
            return False
    return True


def _request_of_alarm(event: dict[str, Any]) -> dict[str, Any]:
    alarm = parse_alarm(event)
    models = next(filter(None, alarm.candidates()), frozenset())
    if len(models) != 1:
        problem = f"names {len(models)} models" if models else "names no model"
        raise EventInvalid(f"alarm '{alarm.name}' {problem}; {_HELP}")
    if alarm.state != "ALARM":
        raise EventInvalid(f"alarm '{alarm.name}' is {alarm.state}; only ALARM calls for a retraining; {_HELP}")
    return {
        "model_name": next(iter(models)),
        "trigger_type": TriggerType.PERFORMANCE_DEGRADATION.value,
        "event_time": alarm.time.isoformat(),
        "reason": alarm.reason,
    }

"""Understands whatever may start an execution: our own request, or a CloudWatch alarm."""

import json
from typing import Any

from pydantic import ValidationError

from .errors import EventInvalid
from .explain import explain
from .messages import TriggerRequest
from .policy import TriggerType

MODEL_DIMENSION = "Model"

_HELP = (
    'send {"model_name": "...", "actor": "...", "reason": "..."}, optionally with "event_time", "parameters" and '
    '"force", or a "CloudWatch Alarm State Change" event of an alarm whose metric has the dimension "Model"'
)


def parse_trigger_event(event: Any) -> TriggerRequest:
    """The request that an event stands for; raises EventInvalid with a message that says what to send."""
    if not isinstance(event, dict):
        raise EventInvalid(f"the input is a JSON {type(event).__name__} and no object; {_HELP}")
    if event.get("detail-type") == "CloudWatch Alarm State Change":
        return _parse(_request_of_alarm(event))
    if "model_name" not in event:
        raise EventInvalid(f"model_name: required but not given; {_HELP}")
    request = _parse(event)
    if request.trigger_type is TriggerType.MANUAL and not (request.actor and request.reason):
        raise EventInvalid(f"a manual request needs 'actor' and 'reason'; {_HELP}")
    return request


def _parse(document: dict[str, Any]) -> TriggerRequest:
    try:
        # Through JSON text: there, dates are text and yet nothing else is converted.
        return TriggerRequest.model_validate_json(json.dumps(document), strict=True)
    except ValidationError as error:
        raise EventInvalid(f"{explain(error, TriggerRequest)}; {_HELP}") from error


def _request_of_alarm(event: dict[str, Any]) -> dict[str, Any]:
    detail = event.get("detail")
    detail = detail if isinstance(detail, dict) else {}
    name = detail.get("alarmName", "without a name")
    models = _model_dimensions(detail)
    if len(models) != 1:
        found = f"names {len(models)} models" if models else "names no model"
        raise EventInvalid(f"alarm '{name}' {found}; {_HELP}")
    return {
        "model_name": models.pop(),
        "trigger_type": TriggerType.PERFORMANCE_DEGRADATION.value,
        "event_time": event.get("time"),
        "reason": f"CloudWatch alarm '{name}'"[:500],
    }


def _model_dimensions(detail: dict[str, Any]) -> set[str]:
    try:
        metrics = detail["configuration"]["metrics"]
        stats = [metric["metricStat"]["metric"] for metric in metrics if "metricStat" in metric]
        return {stat["dimensions"][MODEL_DIMENSION] for stat in stats if MODEL_DIMENSION in stat["dimensions"]}
    except (KeyError, TypeError, AttributeError):
        return set()

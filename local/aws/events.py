"""The events that AWS services send to EventBridge, in the shape in which targets receive them."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from moto.cloudwatch.models import Alarm
from moto.events.models import Rule
from moto.stepfunctions.parser.backend.execution import Execution

from local.aws.environment import ACCOUNT, REGION

Event = dict[str, Any]


def event(source: str, detail_type: str, detail: Mapping[str, Any], resource: str, at: datetime) -> Event:
    return {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": ACCOUNT,
        "time": format_time(at),
        "region": REGION,
        "resources": [resource],
        "detail": dict(detail),
    }


def format_time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def put_event(message: Mapping[str, Any]) -> Event:
    """What a PutEvents entry looks like when it is delivered; moto keeps its time as a number."""
    at = message["time"]
    at = datetime.fromtimestamp(at, UTC) if isinstance(at, int | float) else at
    fields = {name: value for name, value in message.items() if name != "ingestion-time"}
    return fields | {"time": format_time(at) if isinstance(at, datetime) else at}


def scheduled(rule: Rule, at: datetime) -> Event:
    return event("aws.events", "Scheduled Event", {}, rule.arn, at)


def execution_status_change(execution: Execution, status: str) -> Event:
    output = json.dumps(execution.output, separators=(",", ":")) if status == "SUCCEEDED" else None
    detail = {
        "executionArn": execution.exec_arn,
        "stateMachineArn": execution.state_machine_arn,
        "name": execution.name,
        "status": status,
        "startDate": _milliseconds(execution.start_date),
        "stopDate": _milliseconds(execution.stop_date),
        "input": execution.execution_input,
        "inputDetails": {"included": True},
        "output": output,
        "outputDetails": {"included": True} if output else None,
        "error": execution.error,
        "cause": execution.cause,
    }
    at = execution.stop_date or execution.start_date
    return event("aws.states", "Step Functions Execution Status Change", detail, execution.exec_arn, at)


def _milliseconds(at: datetime | None) -> int | None:
    return int(at.timestamp() * 1000) if at else None


def alarm_state_change(alarm: Alarm, previous: Mapping[str, Any], at: datetime) -> Event:
    metric = {
        "namespace": alarm.namespace,
        "name": alarm.metric_name,
        "dimensions": {dimension.name: dimension.value for dimension in alarm.dimensions},
    }
    detail = {
        "alarmName": alarm.name,
        "state": alarm_state(alarm, at),
        "previousState": dict(previous),
        "configuration": {
            "description": alarm.description,
            "metrics": [
                {
                    "id": str(uuid4()),
                    "metricStat": {"metric": metric, "period": alarm.period, "stat": alarm.statistic},
                    "returnData": True,
                }
            ],
        },
    }
    return event("aws.cloudwatch", "CloudWatch Alarm State Change", detail, alarm.alarm_arn, at)


def alarm_state(alarm: Alarm, at: datetime) -> dict[str, Any]:
    return {
        "value": alarm.state_value,
        "reason": alarm.state_reason,
        "reasonData": alarm.state_reason_data,
        "timestamp": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
    }

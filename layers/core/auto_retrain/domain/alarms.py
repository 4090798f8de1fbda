"""Parses CloudWatch alarms, both as EventBridge delivers them and as an alarm's own Lambda action does."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ConfigDict, Field, ValidationError

from .base import Record, UtcTime
from .errors import EventInvalid
from .policy.metric import MODEL_DIMENSION

# An alarm with such a name is about the model at its end; a suffix after a dot distinguishes several alarms.
_NAMED_AFTER_MODEL = re.compile(r"auto-retrain-[a-z0-9-]+?-model-(?P<model>[a-z0-9-]+)(\..+)?")


class _Part(Record):
    model_config = ConfigDict(extra="ignore", populate_by_name=True)


class _State(_Part):
    value: str
    timestamp: str = ""


class _Data(_Part):
    """`detail` of EventBridge or `alarmData` of the Lambda action; both have every field that we read."""

    name: str = Field(alias="alarmName", min_length=1)
    state: _State
    configuration: dict[str, Any] = Field(default_factory=dict)


class _Event(_Part):
    time: UtcTime
    data: _Data


class Alarm(Record):
    """An alarm that changed state; `changed_at` is the time as CloudWatch wrote it, `dimensions` name models."""

    name: str
    state: str
    changed_at: str
    time: UtcTime
    dimensions: frozenset[str]

    def models(self, by_alarm: Mapping[str, Iterable[str]]) -> set[str]:
        """The models that the alarm is about: by its metrics' dimension, by a policy that names it, or by its name."""
        named = _NAMED_AFTER_MODEL.fullmatch(self.name)
        return set(self.dimensions) or set(by_alarm.get(self.name, ())) or ({named["model"]} if named else set())


def is_alarm(event: Any) -> bool:
    """Whether an event looks like an alarm, in either form."""
    if not isinstance(event, dict):
        return False
    detail = event.get("detail")
    return "alarmData" in event or (isinstance(detail, dict) and "alarmName" in detail)


def parse_alarm(event: Any) -> Alarm:
    """Parse either form; raises EventInvalid naming what is missing."""
    if not is_alarm(event):
        raise EventInvalid("not a CloudWatch alarm event: it has neither 'detail.alarmName' nor 'alarmData'")
    try:
        parsed = _Event(time=event.get("time"), data=event.get("alarmData", event.get("detail")))
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, detail['loc']))}: {detail['msg']}" for detail in error.errors(include_url=False)
        )
        raise EventInvalid(f"invalid alarm event: {problems}") from error
    data = parsed.data
    return Alarm(
        name=data.name,
        state=data.state.value,
        changed_at=data.state.timestamp or parsed.time.isoformat(),
        time=parsed.time,
        dimensions=frozenset(_dimensions(data.configuration)),
    )


def _dimensions(configuration: dict[str, Any]) -> Iterable[str]:
    """The model named by each metric; composite alarms have no metrics, and metric math has none in its expressions."""
    metrics = configuration.get("metrics")
    for metric in metrics if isinstance(metrics, list) else []:
        value: Any = metric
        for key in ("metricStat", "metric", "dimensions", MODEL_DIMENSION):
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, str):
            yield value

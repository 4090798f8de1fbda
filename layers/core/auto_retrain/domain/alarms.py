"""Parses CloudWatch alarms, both as EventBridge delivers them and as an alarm's own Lambda action does."""

import re
from collections.abc import Iterator
from typing import Any

from pydantic import ConfigDict, Field, ValidationError

from .base import NearTime, Record, UtcTime
from .errors import EventInvalid
from .names import MODEL_NAME_PATTERN
from .policy.metric import MODEL_DIMENSION
from .text import one_line

# An alarm with such a name is about the model at its end; a suffix after a dot distinguishes several alarms.
_NAMED_AFTER_MODEL = re.compile(r"auto-retrain-[a-z0-9-]+?-model-(?P<model>[a-z0-9-]+)(\..+)?")


class _Part(Record):
    model_config = ConfigDict(extra="ignore", populate_by_name=True)


class _State(_Part):
    value: str
    timestamp: Any = None


class _Data(_Part):
    """`detail` of EventBridge or `alarmData` of the Lambda action; both have every field that we read.

    Only what no alarm can do without is required; anything else may be missing or odd.
    """

    name: str = Field(alias="alarmName", min_length=1, max_length=255)
    state: _State
    configuration: Any = None
    contributor: Any = Field(default=None, alias="alarmContributor")


class _Event(_Part):
    time: NearTime
    data: _Data


class Alarm(Record):
    """An alarm that changed state; `changed_at` is the time as CloudWatch wrote it, `dimensions` name models.

    `has_contributors` says that it watches many series, each of which sends an event of its own.
    """

    name: str
    state: str
    changed_at: str
    time: UtcTime
    dimensions: frozenset[str]
    has_contributors: bool = False

    def candidates(self) -> Iterator[frozenset[str]]:
        """The models that it may be about if no policy lists it: by its metrics' dimension, then by its own name."""
        yield self.dimensions
        named = _NAMED_AFTER_MODEL.fullmatch(self.name)
        yield frozenset({named["model"]} if named else ())

    def rolls_back(self, stage: str) -> str:
        """The model that the alarm is to roll back, by its own name; a suffix after a dot tells several alarms apart.

        Raises EventInvalid unless it is named for a model of this stage.
        """
        prefix = f"auto-retrain-{stage}-rollback-"
        model = self.name.removeprefix(prefix).split(".", 1)[0]
        if not self.name.startswith(prefix) or re.fullmatch(MODEL_NAME_PATTERN, model) is None:
            raise EventInvalid(f"alarm '{one_line(self.name)}' rolls nothing back: it is not named {prefix}MODEL")
        return model

    @property
    def reason(self) -> str:
        """The alarm as the reason of a request."""
        return f"CloudWatch alarm '{one_line(self.name)}'"[:500]


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
    changed_at = data.state.timestamp
    return Alarm(
        name=data.name,
        state=data.state.value,
        changed_at=changed_at if isinstance(changed_at, str) and changed_at else parsed.time.isoformat(),
        time=parsed.time,
        dimensions=frozenset(_dimensions(data)),
        has_contributors=data.contributor is None and any(map(_is_grouped, _metrics(data))),
    )


def _dimensions(data: _Data) -> Iterator[str]:
    """The model named by each metric or by the series that changed.

    Composite alarms have no metrics, and metric math has no dimensions in its expressions.
    """
    places = [_below(metric, "metricStat", "metric", "dimensions", MODEL_DIMENSION) for metric in _metrics(data)]
    places.append(_below(data.contributor, "attributes", MODEL_DIMENSION))
    yield from (value for value in places if isinstance(value, str))


def _metrics(data: _Data) -> list[Any]:
    metrics = _below(data.configuration, "metrics")
    return metrics if isinstance(metrics, list) else []


def _is_grouped(metric: Any) -> bool:
    """Whether a query gives one series for each value of a dimension."""
    return "GROUP BY" in str(_below(metric, "expression")).upper()


def _below(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value

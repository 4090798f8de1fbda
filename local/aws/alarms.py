"""Evaluates CloudWatch alarms when data arrive, at the time of the data; the clock is never read."""

import json
import operator
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.cloudwatch.models import Alarm, CloudWatchBackend, MetricDatumBase, Statistics

from local.aws import events
from local.aws.events import Event
from local.aws.metrics import data_of

_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


class Alarms:
    """Static thresholds on one metric; alarms on expressions, anomalies or other alarms keep their state."""

    def __init__(self, publish: Callable[[Event], None]) -> None:
        self._publish = publish
        self._lock = threading.Lock()

    def data_arrived(self, backend: CloudWatchBackend, namespace: str, names: set[str]) -> None:
        for alarm in list(backend.alarms.values()):
            if (
                alarm.namespace == namespace
                and alarm.metric_name in names
                and alarm.comparison_operator in _COMPARISONS
            ):
                with self._lock:
                    self._evaluate(backend, alarm)

    def _evaluate(self, backend: CloudWatchBackend, alarm: Alarm) -> None:
        data = data_of(backend, alarm.namespace, alarm.metric_name, alarm.dimensions)
        if not data:
            return
        at = max(_aware(datum.timestamp) for datum in data)
        values = list(window_values(alarm, data, at))
        state = next_state(alarm, values)
        if state != alarm.state_value:
            self._change(backend, alarm, state, values, at)

    def _change(
        self, backend: CloudWatchBackend, alarm: Alarm, state: str, values: list[float | None], at: datetime
    ) -> None:
        previous = events.alarm_state(alarm, alarm.state_updated_timestamp)
        present = [value for value in values if value is not None]
        reason = f"Threshold Crossed: datapoints {present} against {alarm.comparison_operator} ({alarm.threshold})"
        backend.set_alarm_state(alarm.name, reason, json.dumps(_reason_data(alarm, present, at)), state)
        alarm.state_updated_timestamp = at
        self._publish(events.alarm_state_change(alarm, previous, at))


def window_values(alarm: Alarm, data: Iterable[MetricDatumBase], at: datetime) -> Iterable[float | None]:
    """The statistic of the last EvaluationPeriods windows, the latest first; periods are aligned to the clock."""
    period = timedelta(seconds=int(alarm.period))
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    start = epoch + (at - epoch) // period * period
    for _ in range(int(alarm.evaluation_periods)):
        statistics = Statistics([alarm.statistic], start)
        statistics.metric_data = [datum for datum in data if start <= _aware(datum.timestamp) < start + period]
        value: Any = statistics.get_statistics_for_type(alarm.statistic) if statistics.metric_data else None
        yield value
        start -= period


def next_state(alarm: Alarm, values: list[float | None]) -> str:
    compare = _COMPARISONS[alarm.comparison_operator]
    needed = int(alarm.datapoints_to_alarm or alarm.evaluation_periods)
    breaching = sum(compare(value, float(alarm.threshold)) for value in values if value is not None)
    missing = values.count(None)
    if breaching + (missing if alarm.treat_missing_data == "breaching" else 0) >= needed:
        return "ALARM"
    if missing and alarm.treat_missing_data == "ignore":
        return str(alarm.state_value)
    return "OK"


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _reason_data(alarm: Alarm, values: list[float], at: datetime) -> dict[str, Any]:
    return {
        "version": "1.0",
        "queryDate": at.isoformat(),
        "statistic": alarm.statistic,
        "period": alarm.period,
        "recentDatapoints": values,
        "threshold": alarm.threshold,
    }

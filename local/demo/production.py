"""The model in production: it serves, and publishes how often it was right once the labels are known."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from local.demo.serving import ServedDay, Serving
from local.demo.stage import Stage

NAMESPACE, METRIC, DIMENSION = "AutoRetrain/Models", "accuracy", "Model"
ALARM_PREFIX = "auto-retrain-local-model-"


class Production:
    """One model behind a process that serves it, its metric and its alarm."""

    def __init__(self, stage: Stage, model: str, serving: Serving) -> None:
        self._stage = stage
        self._model = model
        self._serving = serving
        self._cloudwatch = stage.stack.client("cloudwatch")
        self._put_alarm()

    def serve(self, days: Sequence[date]) -> list[ServedDay]:
        """What the champion answers on each of these days; raises RuntimeError without a champion."""
        champion = self._stage.registry.champion(self._model)
        if champion is None:
            raise RuntimeError(f"'{self._model}' has no champion to serve")
        return self._serving.predict(self._model, champion, days)

    def publish(self, days: Iterable[ServedDay]) -> None:
        """Publish each day as a statistic set: its sum counts the rows that were right, its sample count all rows."""
        publish(self._stage, self._model, days)

    def _put_alarm(self) -> None:
        """Four bad days out of the last seven; whether that is a reason to retrain is decided elsewhere."""
        self._cloudwatch.put_metric_alarm(
            AlarmName=f"{ALARM_PREFIX}{self._model}",
            Namespace=NAMESPACE,
            MetricName=METRIC,
            Dimensions=_dimensions(self._model),
            Statistic="Average",
            Period=86400,
            EvaluationPeriods=7,
            DatapointsToAlarm=4,
            Threshold=0.92,
            ComparisonOperator="LessThanThreshold",
            TreatMissingData="notBreaching",
        )


def publish(stage: Stage, model: str, days: Iterable[ServedDay]) -> None:
    """Publish what a model answered on each day, at the end of it."""
    data = [_datum(model, day) for day in days if day.rows]
    stage.stack.client("cloudwatch").put_metric_data(Namespace=NAMESPACE, MetricData=data)


def _datum(model: str, day: ServedDay) -> dict[str, Any]:
    statistics = {"SampleCount": day.rows, "Sum": day.correct, "Minimum": 0.0, "Maximum": 1.0}
    return {
        "MetricName": METRIC,
        "Dimensions": _dimensions(model),
        "Timestamp": datetime.combine(day.date, time(23, 59), UTC),
        "StatisticValues": {name: float(value) for name, value in statistics.items()},
    }


def _dimensions(model: str) -> list[dict[str, str]]:
    return [{"Name": DIMENSION, "Value": model}]

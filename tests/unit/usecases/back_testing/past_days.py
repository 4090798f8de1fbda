"""A past on which policies are tried: its metric, its policy, and a back-test of its days."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.bootstrap import simulation_of
from auto_retrain.domain.back_test import BackTest
from auto_retrain.domain.metric_reading import MetricQuery, MetricReading
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.windows import Window
from auto_retrain.usecases.back_testing.back_test import back_test
from tests.unit.builders import a_policy

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
START = datetime(2026, 1, 1, tzinfo=UTC)
DATA = {"prefix": "churn", "row_id": "id", "label": "left", "numeric": ["age"]}


class Levels:
    """The share of right answers of each day, of a hundred labelled rows each; days without one say nothing."""

    def __init__(self) -> None:
        self.of_day: dict[date, float] = {}
        self.calls = 0

    def read(self, queries: Sequence[MetricQuery]) -> list[MetricReading]:
        self.calls += 1
        return [self._read(query) for query in queries]

    def _read(self, query: MetricQuery) -> MetricReading:
        days = [(query.start + number * DAY).date() for number in range((query.end - query.start).days)]
        known = [self.of_day[day] for day in days if day in self.of_day]
        if not known:
            return MetricReading(value=None)
        newest = query.end - HOUR
        return MetricReading(value=float(np.mean(known)), rows=100 * len(known), points=len(known), newest_at=newest)


def the_policy(**triggers: Any) -> Policy:
    given = {"enabled": ["performance_degradation", "scheduled"], "schedule_expression": "0 3 1 * *", **triggers}
    return a_policy(triggers=given, data=DATA, metric={"counts_rows": True}, training={"parameters": {}})


def falling(levels: Levels, days: int, start: datetime = START, healthy: int = 40) -> None:
    """Well for some days, and then worse by a tenth of a point each day."""
    for number in range(days):
        levels.of_day[(start + number * DAY).date()] = 0.95 - 0.001 * max(0, number - healthy)


def past_world(days: int, levels: Levels | None = None) -> tuple[Any, Levels]:
    """A deployment of today that has metrics of the past, and nothing else."""
    ports: Any = MemoryPorts()
    ports.metrics = levels = levels or Levels()
    ports.clock.advance(START + days * DAY - ports.clock.now())
    return ports, levels


def tried(policy: Policy, days: int, ports: Any, start: datetime = START) -> BackTest:
    window = Window(start=start.date(), end=(START + days * DAY).date())
    return back_test(policy, window, simulation_of(ports, start), ports)

"""What it takes to try a policy on the past."""

import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.bootstrap import simulation_of
from auto_retrain.cli.fleet_back_tests import try_fleet
from auto_retrain.domain.back_test import BackTest
from auto_retrain.domain.metric_reading import MetricQuery, MetricReading
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.windows import Window
from auto_retrain.usecases.back_testing.back_test import try_policy
from local.bench.figure import Figure

START = datetime(2025, 1, 1, tzinfo=UTC)
YEAR = Window(start=date(2025, 1, 1), end=date(2026, 1, 1))
MODELS, OF_FLEET = 10, 300


class _Falling:
    """A metric that falls by three points in the year, with a thousand rows a day."""

    def __init__(self) -> None:
        self.calls = 0

    def read(self, queries: Sequence[MetricQuery]) -> list[MetricReading]:
        self.calls += 1
        return [self._read(query) for query in queries]

    def _read(self, query: MetricQuery) -> MetricReading:
        days, middle = (query.end - query.start).days, query.start + (query.end - query.start) / 2
        value = 0.93 - 0.03 * (middle - START) / timedelta(days=365)
        return MetricReading(value=value, rows=1000 * days, points=days, newest_at=query.end - timedelta(hours=1))


def measure() -> list[Figure]:
    """A year of some models, each with a weekly schedule and a metric: one after the other, and as of a fleet."""
    ports = _connect()
    started = time.perf_counter()
    for number in range(MODELS):
        assert _try(_policy(number), YEAR, ports).starts
    seconds = (time.perf_counter() - started) / MODELS
    started = time.perf_counter()
    fleet = {f"{number}": _policy(number) for number in range(OF_FLEET)}
    tests, problems = try_fleet(fleet, YEAR, _try, _connect, ports)
    of_fleet = (time.perf_counter() - started) / OF_FLEET
    assert len(tests) == OF_FLEET, problems
    return [
        Figure("back-test of a year, one model", seconds, "s", 1),
        Figure("back-test of a year, 1,000 models", of_fleet * 1000, "s", 60, f"by {OF_FLEET}, on all processors"),
        Figure("reads of the metrics in a back-test of a year", ports.metrics.calls / MODELS, "calls"),
    ]


def _connect() -> Any:
    ports: Any = MemoryPorts()
    ports.metrics = _Falling()
    ports.clock.advance(START + timedelta(days=365) - ports.clock.now())
    return ports


def _try(policy: Policy, days: Window, ports: Any) -> BackTest:
    return try_policy(policy, days, simulation_of, ports)


def _policy(number: int) -> Policy:
    data = {"prefix": "p", "row_id": "id", "label": "y", "numeric": ["x"]}
    triggers = {"enabled": ["performance_degradation", "scheduled"], "schedule_expression": "0 0 * * 0"}
    policy = {"model": f"gl-{number:03}", "owner": "o@example.com", "metric": {"counts_rows": True}}
    return Policy.model_validate({**policy, "data": data, "triggers": triggers}, strict=False)

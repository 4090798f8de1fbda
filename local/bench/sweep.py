"""What it costs to screen a fleet of ten thousand models, in time and in AWS calls."""

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from moto import mock_aws

from auto_retrain.adapters.dynamodb.keys import model_key, shard_of
from auto_retrain.adapters.dynamodb.policies import DynamoPolicyStore
from auto_retrain.adapters.dynamodb.states import DynamoModelStates
from auto_retrain.adapters.dynamodb.sweeps import DynamoSweepLog
from auto_retrain.adapters.dynamodb.table import Table, epoch, item_of
from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.adapters.metrics.cloudwatch import CloudWatchMetricSource
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.domain.metric_reading import MetricReading
from auto_retrain.domain.model_state import ModelState
from auto_retrain.domain.policy.policy import AppliedPolicy, Policy
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.holds.model import model_holds
from auto_retrain.triggers import enabled_triggers, judge_triggers
from auto_retrain.triggers.base import Evidence
from auto_retrain.triggers.performance_degradation import PerformanceDegradation
from auto_retrain.usecases.triggering.sweep_models import sweep_models
from local.bench.figure import Figure

SIZES = {1_000: (5, 20), 10_000: (60, None)}
SAMPLE = 50
ITEMS_PER_WRITE = 25
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def measure() -> list[Figure]:
    """Sweeps over models none of which is due, and what it takes to judge one of them."""
    figures = [figure for models, goals in SIZES.items() for figure in _sweeps(models, *goals)]
    return [*figures, _judging()]


def _sweeps(models: int, seconds_goal: float, calls_goal: float | None) -> list[Figure]:
    """The first sweep, in which it is every model's turn, and an ordinary one; for comparison, asking one by one."""
    with mock_aws():
        world = _world(models)
        calls = _count_calls(world)
        seconds, batched = _sweep(world, calls, NOW, models)
        _, ordinary = _sweep(world, calls, NOW + timedelta(minutes=5), models)
        one_by_one = _ask_one_by_one(world) * models / SAMPLE
        single = sum(calls.values()) * models / SAMPLE
    name = f"sweep of {models:,} models"
    return [
        Figure(name, seconds, "s", seconds_goal, f"{one_by_one:.1f} s asking one by one"),
        Figure(f"AWS calls of a {name}", batched, "calls", calls_goal, f"{single:.0f} asking one by one"),
        Figure(f"AWS calls of a {name}, five minutes later", ordinary, "calls"),
    ]


def _sweep(world: MemoryPorts, calls: Counter[str], at: datetime, models: int) -> tuple[float, int]:
    calls.clear()
    started = time.perf_counter()
    report = sweep_models(ScheduledEvent(time=at), world)
    seconds = time.perf_counter() - started
    assert (report.models, report.started) == (models, 0)
    counted = sum(calls.values())
    calls.clear()
    return seconds, counted


def _judging() -> Figure:
    """Everything that is judged about a model once its evidence is there: all triggers, and what holds it back."""
    applied = AppliedPolicy(policy=_policy("gl-0001"), version=1, applied_at=NOW, applied_by="bench")
    attempts = tuple(NOW - timedelta(days=days) for days in range(30, 0, -1))
    state = ModelState(model_name="gl-0001", attempts=attempts, last_retrained_at=NOW - timedelta(days=90))
    reading = MetricReading(value=0.91, rows=5000, points=30, newest_at=NOW)
    triggers = enabled_triggers(applied.policy, reads_data=False)
    evidence = Evidence(state, {TriggerType.PERFORMANCE_DEGRADATION: (reading,), TriggerType.SCHEDULED: ()})
    repeats = 500
    started = time.perf_counter()
    for _ in range(repeats):
        judge_triggers(triggers, applied.policy, evidence, NOW)
        model_holds(applied, state, TriggerType.PERFORMANCE_DEGRADATION, NOW, NOW)
    return Figure("judging a model", (time.perf_counter() - started) / repeats * 1000, "ms", 1)


def _world(models: int) -> MemoryPorts:
    """DynamoDB and CloudWatch as moto emulates them, holding the fleet; a sweep calls nothing else."""
    dynamodb = boto3.client("dynamodb", region_name="eu-central-1")
    cloudwatch = boto3.client("cloudwatch", region_name="eu-central-1")
    dynamodb.create_table(**table_request())
    ports: Any = MemoryPorts()
    ports.clock.advance(NOW - ports.clock.now())
    table = Table(dynamodb, "jobs")
    ports.states, ports.policies = DynamoModelStates(table), DynamoPolicyStore(table)
    ports.metrics = CloudWatchMetricSource(cloudwatch)
    ports.clients = (dynamodb, cloudwatch)
    ports.sweeps = DynamoSweepLog(table)
    _fill(dynamodb, models)
    return ports  # type: ignore[no-any-return]


def _fill(dynamodb: Any, models: int) -> None:
    """Policies and states as their stores write them, but many at once: moto copies its table in each transaction."""
    items = [item for number in range(models) for item in fleet_member(f"gl-{number:05}")]
    for first in range(0, len(items), ITEMS_PER_WRITE):
        requests = [{"PutRequest": {"Item": item}} for item in items[first : first + ITEMS_PER_WRITE]]
        dynamodb.batch_write_item(RequestItems={"jobs": requests})


def fleet_member(model: str) -> list[Any]:
    """The items of a model, its policy and its state, as their stores write them."""
    policy = _policy(model)
    applied = AppliedPolicy(policy=policy, version=1, applied_at=NOW, applied_by="bench")
    in_fleet = {"fleet": shard_of(policy.model)}
    state = {**model_key(policy.model, "STATE"), "last_retrained_at": epoch(NOW), "fleet": {"S": in_fleet["fleet"]}}
    return [item_of(model_key(policy.model, "POLICY"), applied, version="1", **in_fleet), state]


def _policy(model: str) -> Policy:
    data = {"prefix": model, "row_id": "id", "label": "y", "numeric": [f"feature_{number}" for number in range(20)]}
    triggers = {"enabled": ["performance_degradation", "scheduled"]}
    return Policy.model_validate({"model": model, "owner": "bench", "data": data, "triggers": triggers}, strict=False)


def table_request() -> dict[str, Any]:
    """The keys, and the indexes that passes over many models need."""
    names = ("pk", "sk", "fleet", "active", "created_at")
    indexes = {"fleet": ("fleet", "pk"), "active_jobs": ("active", "created_at")}
    return {
        "TableName": "jobs",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in names],
        "KeySchema": _keys("pk", "sk"),
        "GlobalSecondaryIndexes": [
            {"IndexName": name, "KeySchema": _keys(*keys), "Projection": {"ProjectionType": "ALL"}}
            for name, keys in indexes.items()
        ],
    }


def _keys(*names: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=True)]


def _count_calls(ports: Any) -> Counter[str]:
    calls: Counter[str] = Counter()
    for client in ports.clients:
        client.meta.events.register("before-send.*", lambda event_name, **_: calls.update([event_name]))
    return calls


def _ask_one_by_one(ports: Any) -> float:
    started = time.perf_counter()
    for number in range(SAMPLE):
        applied = ports.policies.get(f"gl-{number:05}")
        state = ports.states.get(applied.policy.model)
        ports.metrics.read(PerformanceDegradation().queries(applied.policy, state, NOW))
    return time.perf_counter() - started

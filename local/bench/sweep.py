"""What it costs to screen a fleet of a thousand models, in time and in calls of AWS."""

import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import boto3
from moto import mock_aws

from auto_retrain.adapters.cloudwatch import CloudWatchMetricSource
from auto_retrain.adapters.dynamodb.jobs import DynamoJobStore
from auto_retrain.adapters.dynamodb.policies import DynamoPolicyStore
from auto_retrain.adapters.dynamodb.table import Table
from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.messages import ScheduledEvent
from auto_retrain.domain.policy import Policy
from auto_retrain.usecases.evidence import performance_query
from auto_retrain.usecases.sweep_models import sweep_models
from local.bench.figure import Figure

MODELS = 1000
SAMPLE = 50
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def measure() -> list[Figure]:
    """A sweep over models of which none is due; beside it, asking for each model on its own."""
    with mock_aws():
        world = _world()
        calls = _count_calls(world)
        started = time.perf_counter()
        report = sweep_models(ScheduledEvent(time=NOW), world)
        seconds = time.perf_counter() - started
        assert report.models == MODELS
        assert not report.started
        batched = sum(calls.values())
        calls.clear()
        one_by_one = _ask_one_by_one(world) * MODELS / SAMPLE
        single = sum(calls.values()) * MODELS / SAMPLE
    return [
        Figure(f"sweep of {MODELS:,} models", seconds, "s", 5, f"{one_by_one:.1f} s asking one by one"),
        Figure(f"AWS calls of a sweep of {MODELS:,} models", batched, "calls", 20, f"{single:.0f} asking one by one"),
    ]


def _world() -> MemoryPorts:
    """DynamoDB and CloudWatch as moto plays them, holding the fleet; nothing else is asked by a sweep."""
    dynamodb = boto3.client("dynamodb", region_name="eu-central-1")
    cloudwatch = boto3.client("cloudwatch", region_name="eu-central-1")
    dynamodb.create_table(**_table())
    ports: Any = MemoryPorts()
    ports.clock.advance(NOW - ports.clock.now())
    table = Table(dynamodb, "jobs")
    ports.jobs, ports.policies = DynamoJobStore(table, ports.clock), DynamoPolicyStore(table)
    ports.metrics = CloudWatchMetricSource(cloudwatch)
    ports.clients = (dynamodb, cloudwatch)
    for number in range(MODELS):
        policy = _policy(f"gl-{number:04}")
        ports.policies.apply(policy, "bench", NOW)
        ports.jobs.record_retrain(policy.model, NOW)
        ports.jobs.record_drift_check(policy.model, NOW)
    return ports  # type: ignore[no-any-return]


def _policy(model: str) -> Policy:
    data = {"prefix": model, "row_id": "id", "label": "y", "numeric": [f"feature_{number}" for number in range(20)]}
    return Policy.model_validate({"model": model, "owner": "bench", "data": data}, strict=False)


def _table() -> dict[str, Any]:
    """Keys and the one index that a sweep needs."""
    names = ("pk", "sk", "fleet")
    return {
        "TableName": "jobs",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in names],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "fleet",
                "KeySchema": [
                    {"AttributeName": "fleet", "KeyType": "HASH"},
                    {"AttributeName": "pk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    }


def _count_calls(ports: Any) -> Counter[str]:
    calls: Counter[str] = Counter()
    for client in ports.clients:
        client.meta.events.register("before-send.*", lambda event_name, **_: calls.update([event_name]))
    return calls


def _ask_one_by_one(ports: Any) -> float:
    started = time.perf_counter()
    for number in range(SAMPLE):
        applied = ports.policies.get(f"gl-{number:04}")
        ports.jobs.model_state(applied.policy.model)
        ports.metrics.read([performance_query(applied.policy, NOW)])
    return time.perf_counter() - started

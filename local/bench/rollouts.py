"""What a pass over a thousand rollouts costs, and how long a rollback takes while everything around it is stopped."""

import os
import socket
import statistics
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from moto import mock_aws

from auto_retrain.adapters.dynamodb.deployment_ledger import DynamoLedger
from auto_retrain.adapters.dynamodb.fleet import shard_of
from auto_retrain.adapters.dynamodb.policies import DynamoPolicyStore
from auto_retrain.adapters.dynamodb.table import Table, item_of, model_key
from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.adapters.metrics.prometheus import PrometheusMetricSource
from auto_retrain.adapters.mlflow import MlflowRegistry
from auto_retrain.domain.deployment_ledger import LedgerLine
from auto_retrain.domain.live import ArmCounts, LiveCounts, LiveQuery
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.domain.messages.rolling_out import RollbackRequest
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.policy.policy import AppliedPolicy, Policy
from auto_retrain.domain.serving import Applied, Rollout, ServingRecord
from auto_retrain.domain.traffic import Route
from auto_retrain.usecases.rolling_out.roll_back import roll_back
from auto_retrain.usecases.rolling_out.watch_rollouts import watch_rollouts
from local.bench.figure import Figure
from local.bench.sweep import ITEMS_PER_WRITE, NOW
from tests.contracts.ports.aws_world import create_table

MODELS = 1_000
PASSES = 3
DEPLOYMENT = {"strategy": "canary", "weights": [5, 25, 50], "bake_minutes": 60, "traffic": {"adapter": "router"}}
CREDENTIALS = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "bench")


class _Live:
    """Healthy requests for every rollout, without a call: what a source of metrics adds is measured elsewhere."""

    def read(self, queries: Sequence[LiveQuery]) -> list[LiveCounts]:
        arm = ArmCounts.model_construct(requests=1_000, errors=3, latencies={50: 900, 60: 100})
        return [LiveCounts.model_construct(champion=arm, challenger=arm, newest_at=query.end) for query in queries]


def measure() -> list[Figure]:
    """Passes over rollouts that bake, and a rollback with MLflow, Slack and Prometheus stopped."""
    with patch.dict(os.environ, CREDENTIALS):
        return [*_watching(), _rolling_back()]


def _watching() -> Iterator[Figure]:
    with mock_aws():
        ports, client = _world(MODELS)
        calls: Counter[str] = Counter()
        client.meta.events.register("before-send.*", lambda event_name, **_: calls.update([event_name]))
        seconds, counted = [], []
        for _ in range(PASSES):
            ports.clock.advance(timedelta(minutes=1))
            calls.clear()
            started = time.perf_counter()
            outcome = watch_rollouts(ScheduledEvent(), ports)
            seconds.append(time.perf_counter() - started)
            counted.append(sum(calls.values()))
            assert (outcome.rollouts, outcome.rolled_back, outcome.problems) == (MODELS, 0, ()), outcome
    name = f"watching {MODELS:,} rollouts"
    yield Figure(name, statistics.median(seconds), "s", 5)
    yield Figure(f"{name}: AWS calls beside signs of life", max(counted), "calls", 30)


def _rolling_back() -> Figure:
    """From the decision until the record, traffic and whatever else can be reached are what they were before."""
    with mock_aws(), _stopped() as address:
        ports, _ = _world(1)
        ports.registry = MlflowRegistry(address)
        ports.metrics = PrometheusMetricSource(address)
        request = RollbackRequest(model_name="gl-00000", actor="bench", reason="too many errors")
        started = time.perf_counter()
        outcome = roll_back(request, ports)
        seconds = time.perf_counter() - started
        assert (outcome.version, outcome.taken_back) == ("1", ("2",)), outcome
        assert ports.ledger.serving("gl-00000").desired.weights == {"1": 100}
    return Figure("decision to weights restored, MLflow and Prometheus stopped", seconds, "s", 2)


@contextmanager
def _stopped() -> Iterator[str]:
    """The address of a server that is stopped: nothing listens there."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{reserved.getsockname()[1]}"


def _world(models: int) -> tuple[Any, Any]:
    """Policies and serving records in DynamoDB as moto emulates it; Step Functions accepts every sign of life."""
    client = create_table("jobs")
    ports: Any = MemoryPorts()
    ports.clock.advance(NOW - ports.clock.now())
    table = Table(client, "jobs")
    ports.policies, ports.ledger, ports.live = DynamoPolicyStore(table), DynamoLedger(table, ports.clock), _Live()
    policies = [_policy(f"gl-{number:05}") for number in range(models)]
    items = [_item(policy) for policy in policies]
    for first in range(0, len(items), ITEMS_PER_WRITE):
        requests = [{"PutRequest": {"Item": item}} for item in items[first : first + ITEMS_PER_WRITE]]
        client.batch_write_item(RequestItems={"jobs": requests})
    for policy in policies:
        ports.ledger.note(_record(policy))
        ports.registry.register(policy.model, "1")
        ports.registry.set_champion(policy.model, "1")
    return ports, client


def _policy(model: str) -> Policy:
    data = {"prefix": model, "row_id": "id", "label": "y", "numeric": [f"feature_{number}" for number in range(20)]}
    return Policy.model_validate(
        {"model": model, "owner": "bench", "data": data, "deployment": DEPLOYMENT}, strict=False
    )


def _item(policy: Policy) -> Any:
    applied = AppliedPolicy(policy=policy, version=1, applied_at=NOW, applied_by="bench")
    return item_of(model_key(policy.model, "POLICY"), applied, version="1", fleet=shard_of(policy.model))


def _record(policy: Policy) -> ServingRecord:
    """A model whose version 2 answers the first requests, as alias and traffic were read back."""
    champion = LedgerLine(
        model_name=policy.model,
        sequence=1,
        change="adopted",
        version=ModelVersion(number="1"),
        previous_version=None,
        job_id=None,
        reason="it served",
        deployed_at=NOW - timedelta(days=30),
        windows=None,
    )
    rollout = Rollout(
        job_id=f"{policy.model}-0123456789",
        challenger=ModelVersion(number="2"),
        deployment=policy.deployment,
        policy_version=1,
        started_at=NOW,
        weight=5,
        since=NOW,
        task_token="t" * 600,
    )
    applied = Applied(alias="1", route=Route(weights={"1": 95, "2": 5}), at=NOW)
    return ServingRecord(model_name=policy.model, sequence=1, champion=champion, rollout=rollout, applied=applied)

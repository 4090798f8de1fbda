"""What a pass over a thousand rollouts costs, and how long a rollback takes while everything around it is stopped."""

import socket
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from auto_retrain.adapters.dynamodb.deployment_ledger import DynamoLedger
from auto_retrain.adapters.dynamodb.keys import model_key, shard_of
from auto_retrain.adapters.dynamodb.policies import DynamoPolicyStore
from auto_retrain.adapters.dynamodb.rollout_evidence import IN_INDEX
from auto_retrain.adapters.dynamodb.table import Table, item_of
from auto_retrain.adapters.live.cloudwatch import CloudWatchLiveSource
from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.adapters.metrics.prometheus import PrometheusMetricSource
from auto_retrain.adapters.mlflow import MlflowRegistry
from auto_retrain.domain.deployment_ledger import LedgerLine
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.domain.messages.rolling_out import RollbackRequest
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.policy.policy import AppliedPolicy, Policy
from auto_retrain.domain.rollout import Rollout
from auto_retrain.domain.serving import ServingRecord
from auto_retrain.usecases.rolling_out.follow import follow
from auto_retrain.usecases.rolling_out.roll_back import roll_back
from auto_retrain.usecases.rolling_out.watch_rollouts import watch_rollouts
from local.bench.figure import Figure
from local.bench.stored_items import StoredItems
from local.bench.sweep import NOW

MODELS = 1_000
PASSES = 7
# How long an AWS service takes to answer within its region.
LATENCY_SECONDS = 0.02
DEPLOYMENT = {
    "strategy": "canary",
    "weights": [5, 25, 50],
    "bake_minutes": 60,
    "traffic": {"adapter": "router"},
    "requests": {"source": "cloudwatch", "latency": "Latency"},
}


class _CloudWatch:
    """Healthy requests for every rollout, with a value of each statistic for each period."""

    def __init__(self, calls: Counter[str]) -> None:
        self._calls = calls

    def get_metric_data(self, **request: Any) -> Any:
        self._calls["GetMetricData"] += 1
        time.sleep(LATENCY_SECONDS)
        return {"MetricDataResults": [self._result(each, request) for each in request["MetricDataQueries"]]}

    def _result(self, query: Any, request: Any) -> Any:
        statistic, start = query["MetricStat"], request["StartTime"]
        periods = (request["EndTime"] - start) // timedelta(seconds=statistic["Period"])
        moments = [start + number * timedelta(seconds=statistic["Period"]) for number in range(periods)]
        value = 0.0 if statistic["Metric"]["MetricName"] == "Errors" else 100.0
        return {"Id": query["Id"], "Timestamps": moments, "Values": [value] * periods, "StatusCode": "Complete"}


def measure() -> list[Figure]:
    """Passes over rollouts that bake, and a rollback with MLflow, Slack and Prometheus stopped."""
    return [*_watching(), _rolling_back()]


def _watching() -> Iterator[Figure]:
    ports, table = _world(MODELS)
    seconds, counted, looks = [], [], 0
    for _ in range(PASSES):
        ports.clock.advance(timedelta(minutes=1))
        table.calls.clear()
        started = time.perf_counter()
        outcome = watch_rollouts(ScheduledEvent(), ports)
        seconds.append(time.perf_counter() - started)
        counted.append(table.calls.total())
        looks += outcome.looked_at
        assert (outcome.rollouts, outcome.rolled_back, outcome.problems) == (MODELS, 0, ()), outcome.problems[:3]
    assert looks >= MODELS  # each had its turn
    name = f"watching {MODELS:,} rollouts by CloudWatch"
    yield Figure(name, statistics.median(seconds), "s", 5)
    yield Figure(f"{name}: AWS calls beside signs of life", max(counted), "calls", 30)


def _rolling_back() -> Figure:
    """From the decision until the record, traffic and whatever else can be reached are what they were before."""
    with _stopped() as address:
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


def _world(models: int) -> tuple[Any, StoredItems]:
    """Policies and serving records in DynamoDB; Step Functions accepts every sign of life."""
    stored, ports = StoredItems(), _ports()
    table, source = Table(stored.client(), "jobs"), CloudWatchLiveSource(_CloudWatch(stored.calls))
    ports.policies, ports.ledger, ports.live = DynamoPolicyStore(table), DynamoLedger(table, ports.clock), source
    for policy in (_policy(f"gl-{number:05}") for number in range(models)):
        stored.put(_item(policy))
        record = _record(policy)
        stored.put(item_of(model_key(policy.model, "SERVING"), record, revision=str(record.revision)) | IN_INDEX)
        ports.registry.register(policy.model, "1")
        ports.registry.set_champion(policy.model, "1")
        follow(record, policy.deployment.traffic, ports)
    stored.latency = LATENCY_SECONDS
    return ports, stored


def _ports() -> Any:
    ports = MemoryPorts()
    ports.clock.advance(NOW - ports.clock.now())
    return ports


def _policy(model: str) -> Policy:
    data = {"prefix": model, "row_id": "id", "label": "y", "numeric": [f"feature_{number}" for number in range(20)]}
    return Policy.model_validate(
        {"model": model, "owner": "bench", "data": data, "deployment": DEPLOYMENT}, strict=False
    )


def _item(policy: Policy) -> Any:
    applied = AppliedPolicy(policy=policy, version=1, applied_at=NOW, applied_by="bench")
    return item_of(model_key(policy.model, "POLICY"), applied, version="1", fleet=shard_of(policy.model))


def _record(policy: Policy) -> ServingRecord:
    """A model whose version 2 answers the first requests."""
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
    return ServingRecord(model_name=policy.model, revision=1, sequence=1, champion=champion, rollout=rollout)

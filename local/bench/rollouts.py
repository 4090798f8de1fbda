"""What a pass over a thousand rollouts costs, and how long a rollback takes while everything around it is stopped."""

import json
import os
import socket
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from typing import Any
from unittest.mock import patch
from zlib import crc32

import boto3
from botocore.awsrequest import AWSResponse

from auto_retrain.adapters.dynamodb.deployment_ledger import DynamoLedger
from auto_retrain.adapters.dynamodb.fleet import shard_of
from auto_retrain.adapters.dynamodb.policies import DynamoPolicyStore
from auto_retrain.adapters.dynamodb.rollout_evidence import IN_INDEX
from auto_retrain.adapters.dynamodb.table import Table, item_of, model_key
from auto_retrain.adapters.live.cloudwatch import CloudWatchLiveSource
from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.adapters.metrics.prometheus import PrometheusMetricSource
from auto_retrain.adapters.mlflow import MlflowRegistry
from auto_retrain.domain.deployment_ledger import LedgerLine
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.domain.messages.rolling_out import RollbackRequest
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.policy.policy import AppliedPolicy, Policy
from auto_retrain.domain.serving import Rollout, ServingRecord
from auto_retrain.usecases.rolling_out.follow import follow
from auto_retrain.usecases.rolling_out.roll_back import roll_back
from auto_retrain.usecases.rolling_out.watch_rollouts import watch_rollouts
from local.bench.figure import Figure
from local.bench.sweep import NOW

MODELS = 1_000
PASSES = 7
# How long an AWS service takes to answer within its region, and as many items as make up a page of a megabyte.
LATENCY_SECONDS = 0.02
ITEMS_PER_PAGE = 300
DEPLOYMENT = {
    "strategy": "canary",
    "weights": [5, 25, 50],
    "bake_minutes": 60,
    "traffic": {"adapter": "router"},
    "requests": {"source": "cloudwatch", "latency": "Latency"},
}
CREDENTIALS = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "bench")


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
    with patch.dict(os.environ, CREDENTIALS):
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
    assert looks == MODELS  # each had its turn
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


class _Table:
    """As much of DynamoDB as a pass needs, behind the real client.

    An emulator copies all its tables in each transaction, which DynamoDB does not.
    """

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], Any] = {}
        self.calls: Counter[str] = Counter()
        self.latency = 0.0

    def client(self) -> Any:
        client = boto3.client("dynamodb", region_name="eu-central-1")
        client.meta.events.register("before-send.dynamodb.*", self._answer)
        return client

    def put(self, item: Any) -> None:
        self.items[item["pk"]["S"], item["sk"]["S"]] = item

    def _answer(self, request: Any, event_name: str, **_: Any) -> AWSResponse:
        operation = event_name.rsplit(".", 1)[-1]
        self.calls[operation] += 1
        time.sleep(self.latency)
        answers = {
            "Query": self._query,
            "BatchGetItem": self._batch_get_item,
            "GetItem": self._get_item,
            "PutItem": self._put_item,
            "TransactWriteItems": self._transact_write_items,
        }
        content = json.dumps(answers[operation](json.loads(request.body))).encode()
        headers = {"x-amz-crc32": str(crc32(content)), "content-type": "application/x-amz-json-1.0"}
        return AWSResponse(request.url, 200, headers, _Raw(content))

    def _query(self, request: Any) -> Any:
        prefix = request["ExpressionAttributeValues"].get(":prefix", {}).get("S")
        chosen = [
            item for (_, sk), item in self.items.items() if (sk.startswith(prefix) if prefix else "active" in item)
        ]
        first = int(request.get("ExclusiveStartKey", {"pk": {"S": "0"}})["pk"]["S"])
        after = first + ITEMS_PER_PAGE
        more = {"LastEvaluatedKey": {"pk": {"S": str(after)}}} if after < len(chosen) else {}
        return {"Items": chosen[first:after], **more}

    def _batch_get_item(self, request: Any) -> Any:
        keys = [(key["pk"]["S"], key["sk"]["S"]) for key in request["RequestItems"]["jobs"]["Keys"]]
        return {"Responses": {"jobs": [self.items[key] for key in keys if key in self.items]}}

    def _get_item(self, request: Any) -> Any:
        item = self.items.get((request["Key"]["pk"]["S"], request["Key"]["sk"]["S"]))
        return {"Item": item} if item else {}

    def _put_item(self, request: Any) -> Any:
        self.put(request["Item"])
        return {}

    def _transact_write_items(self, request: Any) -> Any:
        for action in request["TransactItems"]:
            if "Put" in action:
                self.put(action["Put"]["Item"])
        return {}


class _Raw(BytesIO):
    """A body as botocore reads it."""

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.read()


def _world(models: int) -> tuple[Any, _Table]:
    """Policies and serving records in DynamoDB; Step Functions accepts every sign of life."""
    stored, ports = _Table(), _ports()
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

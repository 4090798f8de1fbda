"""What a pass over ten thousand champions costs that are watched after their promotion."""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from auto_retrain.adapters.dynamodb.deployment_ledger import DynamoLedger
from auto_retrain.adapters.dynamodb.keys import model_key
from auto_retrain.adapters.dynamodb.policies import DynamoPolicyStore
from auto_retrain.adapters.dynamodb.rollout_evidence import WATCHED
from auto_retrain.adapters.dynamodb.table import Table, item_of
from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.adapters.metrics.cloudwatch import CloudWatchMetricSource
from auto_retrain.analysis.champion_watch import read_by
from auto_retrain.domain.deployment_ledger import LedgerLine
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.policy.policy import AppliedPolicy, Policy
from auto_retrain.domain.serving import ServingRecord
from auto_retrain.domain.watch import Level, Watch
from auto_retrain.usecases.after_promotion.watch_champions import watch_champions
from local.bench.figure import Figure
from local.bench.stored_items import StoredItems
from local.bench.sweep import NOW

SIZES = {1_000: None, 10_000: 20}
MODELS_PER_READING = 250
LATENCY_SECONDS = 0.02
DAY = timedelta(days=1)


class _CloudWatch:
    """A thousand labelled rows a day for every model, nine tenths of which were right."""

    def __init__(self) -> None:
        self.calls = self.asked = 0

    def get_metric_data(self, **request: Any) -> Any:
        self.calls += 1
        self.asked += len(request["MetricDataQueries"])
        time.sleep(LATENCY_SECONDS)
        days = [request["StartTime"] + day * DAY for day in range((request["EndTime"] - request["StartTime"]) // DAY)]
        values = {"Sum": 900.0, "SampleCount": 1_000.0}
        return {
            "MetricDataResults": [
                {
                    "Id": query["Id"],
                    "Timestamps": days,
                    "Values": [values[query["MetricStat"]["Stat"]]] * len(days),
                    "StatusCode": "Complete",
                }
                for query in request["MetricDataQueries"]
            ]
        }


def measure() -> Iterator[Figure]:
    """Passes over champions that do well: each is read, judged, and left alone."""
    for models, goal in SIZES.items():
        yield from _watching(models, goal)


def _watching(models: int, goal: float | None) -> Iterator[Figure]:
    ports, stored, cloudwatch = watched_world(models)
    started = time.perf_counter()
    outcome = watch_champions(ScheduledEvent(time=NOW + 3 * DAY), ports)
    seconds = time.perf_counter() - started
    assert (outcome.watched, outcome.taken_back, outcome.problems) == (models, 0, ()), outcome.problems[:3]
    name = f"watching {models:,} champions"
    yield Figure(name, seconds, "s", goal)
    yield Figure(f"{name}: reads of their metrics", cloudwatch.calls, "calls", models / MODELS_PER_READING)
    yield Figure(f"{name}: calls of DynamoDB", stored.calls.total(), "calls", models / 50, _kinds(stored.calls))


def _kinds(calls: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(calls.items()))


def watched_world(models: int) -> tuple[Any, StoredItems, _CloudWatch]:
    """Policies and records of champions that are watched, in DynamoDB, and their metrics."""
    stored, cloudwatch = StoredItems(), _CloudWatch()
    ports: Any = MemoryPorts()
    table = Table(stored.client(), "jobs")
    ports.policies, ports.ledger = DynamoPolicyStore(table), DynamoLedger(table, ports.clock)
    ports.metrics = CloudWatchMetricSource(cloudwatch)
    for policy in (_policy(f"gl-{number:05}") for number in range(models)):
        applied = AppliedPolicy(policy=policy, version=1, applied_at=NOW, applied_by="bench")
        stored.put(item_of(model_key(policy.model, "POLICY"), applied, version="1"))
        record = _record(policy)
        stored.put(item_of(model_key(policy.model, "SERVING"), record, revision="2") | WATCHED)
    stored.latency = LATENCY_SECONDS
    return ports, stored, cloudwatch


def _policy(model: str) -> Policy:
    data = {"prefix": model, "row_id": "id", "label": "y", "numeric": [f"feature_{number}" for number in range(20)]}
    return Policy.model_validate(
        {"model": model, "owner": "bench", "data": data, "metric": {"counts_rows": True}}, strict=False
    )


def _record(policy: Policy) -> ServingRecord:
    """Version 2 was promoted three days ago, and the level of version 1 is known."""
    level = Level(value=0.9, worst=0.89, noise=0.0, days=30, rows=30_000, read_by=read_by(policy))
    champion = LedgerLine(
        model_name=policy.model,
        sequence=2,
        change="promoted",
        version=ModelVersion(number="2"),
        previous_version="1",
        job_id=None,
        reason="better",
        deployed_at=NOW,
        windows=None,
    )
    watch = Watch(predecessor="1", predecessor_since=NOW - 30 * DAY, since=NOW, until=NOW + 7 * DAY, level=level)
    return ServingRecord(model_name=policy.model, revision=2, sequence=2, champion=champion, watch=watch)

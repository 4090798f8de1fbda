"""A sweep of a hundred thousand models: what is ours of it, in time and memory, and its calls by kind."""

import json
import subprocess
import sys
import time
from collections import defaultdict
from datetime import timedelta
from typing import Any

from auto_retrain.adapters.dynamodb.keys import shard_of
from auto_retrain.adapters.dynamodb.policies import DynamoPolicyStore
from auto_retrain.adapters.dynamodb.sweeps import DynamoSweepLog
from auto_retrain.adapters.dynamodb.table import Table
from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.adapters.metrics.cloudwatch import CloudWatchMetricSource
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.usecases.triggering.sweep_models import sweep_models
from local.bench.drift_memory import peak_mb
from local.bench.figure import Figure
from local.bench.passes import CountedMetrics
from local.bench.stored_items import StoredItems
from local.bench.sweep import NOW, fleet_member
from local.bench.units import size_of
from local.paths import ROOT

MODELS = 100_000
# What DynamoDB gives at once.
PAGE_BYTES = 1 << 20
PROGRAM = "from local.bench.large_sweep import main; main()"


class ImaginedFleet(StoredItems):
    """Models that are made up when they are asked for, so that the memory is that of the sweep alone."""

    def __init__(self, models: int) -> None:
        super().__init__()
        self._shards: defaultdict[str, list[str]] = defaultdict(list)
        for number in range(models):
            self._shards[shard_of(name := f"gl-{number:06}")].append(name)
        member = fleet_member("gl-000000")
        self._like, self._models_per_page = json.dumps(member), PAGE_BYTES // sum(map(size_of, member))

    def _query(self, request: Any) -> Any:
        if request.get("IndexName") != "fleet":
            return super()._query(request)
        models = self._shards[request["ExpressionAttributeValues"][":fleet"]["S"]]
        first = int(request.get("ExclusiveStartKey", {"pk": {"S": "0"}})["pk"]["S"])
        after = first + self._models_per_page
        items = [item for model in models[first:after] for item in json.loads(self._like.replace("gl-000000", model))]
        more = {"LastEvaluatedKey": {"pk": {"S": str(after)}}} if after < len(models) else {}
        return {"Items": items, **more}


def measure() -> list[Figure]:
    """The first sweep and one five minutes later, in a process of their own."""
    command = [sys.executable, "-c", PROGRAM]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    taken = json.loads(finished.stdout.strip().splitlines()[-1])
    name = f"sweep of {MODELS:,} models"
    calls = ", ".join(f"{count} {kind}" for kind, count in sorted(taken["calls"].items()))
    return [
        Figure(f"{name}, without AWS", taken["seconds"], "s", 120),
        Figure(f"{name}, without AWS: CPU", taken["cpu_seconds"], "CPU s"),
        Figure(f"{name}: memory", taken["peak_mb"], "MB", 700),
        Figure(f"AWS calls of a {name}", sum(taken["calls"].values()), "calls", None, calls),
        Figure(f"AWS calls of a {name}, five minutes later", sum(taken["later"].values()), "calls"),
    ]


def main(models: int = MODELS) -> None:
    stored, metrics, ports = ImaginedFleet(models), CountedMetrics(), MemoryPorts()
    table, world = Table(stored.client(), "jobs"), ports
    world.policies, world.sweeps = DynamoPolicyStore(table), DynamoSweepLog(table)  # type: ignore[assignment]
    world.metrics = CloudWatchMetricSource(metrics)  # type: ignore[assignment]
    started, cpu_started = time.perf_counter(), time.process_time()
    calls = _sweep(world, stored, metrics, timedelta())
    taken = {"seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - cpu_started}
    later = _sweep(world, stored, metrics, timedelta(minutes=5))
    print(json.dumps(taken | {"peak_mb": peak_mb(), "calls": calls, "later": later}))


def _sweep(world: Any, stored: StoredItems, metrics: CountedMetrics, after: timedelta) -> dict[str, int]:
    stored.calls.clear()
    metrics.calls = 0
    world.clock.advance(NOW + after - world.clock.now())
    outcome = sweep_models(ScheduledEvent(time=NOW + after), world)
    assert (outcome.started, outcome.failed) == (0, 0), outcome
    return dict(stored.calls) | {"GetMetricData": metrics.calls}

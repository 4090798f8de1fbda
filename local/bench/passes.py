"""What passes over a fleet of which nothing is due read, in units of DynamoDB and in metrics of CloudWatch."""

from datetime import timedelta
from typing import Any, NamedTuple

from auto_retrain.adapters.dynamodb.policies import DynamoPolicyStore
from auto_retrain.adapters.dynamodb.sweeps import DynamoSweepLog
from auto_retrain.adapters.dynamodb.table import Table
from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.adapters.metrics.cloudwatch import CloudWatchMetricSource
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.usecases.after_promotion.watch_champions import watch_champions
from auto_retrain.usecases.triggering.sweep_models import sweep_models
from local.bench import champions
from local.bench.stored_items import StoredItems
from local.bench.sweep import NOW, fleet_member
from local.bench.units import UnitCount


class Pass(NamedTuple):
    """What one pass read."""

    reads: float
    metrics: int


class CountedMetrics:
    """CloudWatch that has no data, and counts the metrics that it is asked for."""

    def __init__(self) -> None:
        self.asked = self.calls = 0

    def get_metric_data(self, **request: Any) -> Any:
        self.asked += len(request["MetricDataQueries"])
        self.calls += 1
        empty = [{"Id": query["Id"], "Timestamps": [], "Values": []} for query in request["MetricDataQueries"]]
        return {"MetricDataResults": [{**each, "StatusCode": "Complete"} for each in empty]}


def sweeps(models: int) -> tuple[Pass, Pass]:
    """The sweep in which it is every model's turn of the day, and one five minutes later."""
    stored, metrics, ports = StoredItems(), CountedMetrics(), MemoryPorts()
    for number in range(models):
        for item in fleet_member(f"gl-{number:05}"):
            stored.put(item)
    client = stored.client()
    count, table, world = UnitCount(client), Table(client, "jobs"), _at_noon(ports)
    world.policies, world.sweeps = DynamoPolicyStore(table), DynamoSweepLog(table)
    world.metrics = CloudWatchMetricSource(metrics)
    return _sweep(world, count, metrics, timedelta()), _sweep(world, count, metrics, timedelta(minutes=5))


def _sweep(world: Any, count: UnitCount, metrics: CountedMetrics, after: timedelta) -> Pass:
    count.clear()
    metrics.asked = 0
    world.clock.advance(NOW + after - world.clock.now())
    outcome = sweep_models(ScheduledEvent(time=NOW + after), world)
    assert (outcome.started, outcome.failed) == (0, 0), outcome
    return Pass(count.reads, metrics.asked)


def looks_at_champions(watched: int) -> Pass:
    """A pass over champions that are watched, all of which do well."""
    world, stored, metrics = champions.watched_world(watched)
    stored.latency = 0.0
    count = UnitCount(stored.last_client)
    watch_champions(ScheduledEvent(time=NOW + 3 * champions.DAY), world)
    return Pass(count.reads, metrics.asked)


def _at_noon(ports: MemoryPorts) -> Any:
    ports.clock.advance(NOW - ports.clock.now())
    return ports

"""What the page about ten thousand models costs, in time, calls and bytes."""

import time
from datetime import timedelta
from typing import Any

from auto_retrain.adapters.dynamodb.deployment_ledger import DynamoLedger
from auto_retrain.adapters.dynamodb.jobs import DynamoJobStore
from auto_retrain.adapters.dynamodb.keys import key
from auto_retrain.adapters.dynamodb.policies import DynamoPolicyStore
from auto_retrain.adapters.dynamodb.table import Table, epoch, item_of
from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.ending import Ending
from auto_retrain.domain.job import RetrainingJob
from auto_retrain.domain.model_state import LastJob
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.domain.windows import windows_at
from auto_retrain.usecases.reporting.fleet_page import MAX_JOBS, fleet_page
from local.bench.figure import Figure
from local.bench.stored_items import StoredItems
from local.bench.sweep import NOW, fleet_member

MODELS = 10_000


def measure() -> list[Figure]:
    """The page about the whole fleet, with the newest jobs, from items as DynamoDB answers them."""
    stored, ports = _world()
    started = time.perf_counter()
    page = fleet_page(ports).encode()
    seconds = time.perf_counter() - started
    name = f"fleet page of {MODELS:,} models"
    return [
        Figure(name, seconds, "s", 5),
        Figure(
            f"DynamoDB calls of a {name}", sum(stored.calls.values()), "calls", compared_with="40000 asking one by one"
        ),
        Figure(f"size of a {name}", len(page) / 1e6, "MB", 5),
    ]


def _world() -> tuple[StoredItems, MemoryPorts]:
    stored = StoredItems()
    for number in range(MODELS):
        policy, state = fleet_member(f"gl-{number:05}")
        stored.put(policy)
        job_id, at = f"gl-{number:05}-0123456789", NOW - timedelta(minutes=number)
        last = {"S": LastJob(job_id=job_id, created_at=at, ending=Ending.REJECTED).model_dump_json()}
        stored.put({**state, "last_drift_check_at": epoch(NOW - timedelta(hours=number % 96)), "last_job": last})
    for number in range(MAX_JOBS):
        stored.put(_job(number))
    ports: Any = MemoryPorts()
    ports.clock.advance(NOW - ports.clock.now())
    table = Table(stored.client(), "jobs")
    ports.policies, ports.jobs = DynamoPolicyStore(table), DynamoJobStore(table, ports.clock)
    ports.ledger = DynamoLedger(table, ports.clock)
    return stored, ports


def _job(number: int) -> dict[str, Any]:
    created_at = NOW - timedelta(minutes=number)
    job = RetrainingJob(
        job_id=f"gl-{number:05}-0123456789",
        model_name=f"gl-{number:05}",
        trigger_type=TriggerType.SCHEDULED,
        trigger_reason="due",
        event_time=created_at,
        execution_arn="arn",
        policy_version=1,
        created_at=created_at,
        windows=windows_at(created_at, evaluation_days=30, training_days=180, label_delay_days=0),
        status=Ending.REJECTED.status,
        ending=Ending.REJECTED,
        completed_at=created_at,
        announced=True,
    )
    return item_of(key(f"JOB#{job.job_id}", "JOB"), job, created_month=f"{created_at:%Y-%m}")

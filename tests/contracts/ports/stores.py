"""All stores on one storage, in memory or on DynamoDB, and records to put into them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from auto_retrain.adapters.dynamodb.decisions import DynamoDecisionLog
from auto_retrain.adapters.dynamodb.deployment_ledger import DynamoLedger
from auto_retrain.adapters.dynamodb.jobs import DynamoJobStore
from auto_retrain.adapters.dynamodb.notifications import DynamoNotificationLog
from auto_retrain.adapters.dynamodb.policies import DynamoPolicyStore
from auto_retrain.adapters.dynamodb.states import DynamoModelStates
from auto_retrain.adapters.dynamodb.sweeps import DynamoSweepLog
from auto_retrain.adapters.dynamodb.table import Table
from auto_retrain.adapters.dynamodb.waiting import DynamoWaitingTriggers
from auto_retrain.adapters.memory.jobs import MemoryJobStore, MemoryModelStates, MemoryWaitingTriggers
from auto_retrain.adapters.memory.outside import MemoryClock
from auto_retrain.adapters.memory.stores import (
    MemoryDecisionLog,
    MemoryLedger,
    MemoryNotificationLog,
    MemoryPolicyStore,
    MemorySweepLog,
)
from auto_retrain.domain.deployment_ledger import LedgerLine
from auto_retrain.domain.ending import Ending
from auto_retrain.domain.job import PendingStep, RetrainingJob
from auto_retrain.domain.model_state import Rejections
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.status import RetrainingStatus
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.domain.windows import windows_at
from auto_retrain.ports import (
    DecisionLog,
    DeploymentLedger,
    JobStore,
    ModelStates,
    NotificationLog,
    PolicyStore,
    SweepLog,
    WaitingTriggers,
)
from tests.contracts.ports.permitted import PermittedStore

NOW = datetime(2026, 3, 1, tzinfo=UTC)
LEASE = timedelta(hours=1)
WINDOWS = windows_at(NOW, evaluation_days=10, training_days=20, label_delay_days=0)


def rejected(count: int) -> dict[TriggerType, Rejections]:
    """So many challengers that the performance trigger called for."""
    return {TriggerType.PERFORMANCE_DEGRADATION: Rejections(count=count)}


@dataclass
class Stores:
    """All stores on one storage."""

    clock: MemoryClock
    jobs: JobStore
    states: ModelStates
    waiting: WaitingTriggers
    policies: PolicyStore
    ledger: DeploymentLedger
    notifications: NotificationLog
    decisions: DecisionLog
    sweeps: SweepLog


def memory_stores() -> Stores:
    clock = MemoryClock(NOW)
    states, decisions = MemoryModelStates(), MemoryDecisionLog()
    jobs = MemoryJobStore(clock, states, decisions)
    return Stores(
        clock,
        jobs,
        states,
        MemoryWaitingTriggers(clock),
        MemoryPolicyStore(states),
        MemoryLedger(clock, jobs, states),
        MemoryNotificationLog(clock),
        decisions,
        MemorySweepLog(),
    )


def dynamo_stores(client: Any) -> Stores:
    """Each method has only the permissions that functions get for it."""
    clock = MemoryClock(NOW)
    build: dict[str, Callable[[Table], Any]] = {
        "jobs": lambda table: DynamoJobStore(table, clock),
        "states": DynamoModelStates,
        "waiting": lambda table: DynamoWaitingTriggers(table, clock),
        "policies": DynamoPolicyStore,
        "ledger": lambda table: DynamoLedger(table, clock),
        "notifications": lambda table: DynamoNotificationLog(table, clock),
        "decisions": DynamoDecisionLog,
        "sweeps": DynamoSweepLog,
    }
    return Stores(clock, **{port: PermittedStore(port, client, make) for port, make in build.items()})


def a_job(number: int = 1, model: str = "churn", **changes: Any) -> RetrainingJob:
    fields: dict[str, Any] = {
        "job_id": f"{model}-{number}",
        "model_name": model,
        "trigger_type": TriggerType.MANUAL,
        "trigger_reason": "test",
        "event_time": NOW,
        "execution_arn": f"arn:{model}:{number}",
        "policy_version": 1,
        "created_at": NOW + timedelta(seconds=number),
        "windows": WINDOWS,
    }
    return RetrainingJob(**{**fields, **changes})


def a_deployment(sequence: int, job_id: str) -> LedgerLine:
    return LedgerLine(
        model_name="churn",
        sequence=sequence,
        version=ModelVersion(number=str(sequence)),
        previous_version=None,
        job_id=job_id,
        reason="better",
        deployed_at=NOW,
        windows=WINDOWS,
    )


def deploying(stores: Stores, number: int) -> RetrainingJob:
    """An open job that is about to deploy."""
    job = a_job(number, status=RetrainingStatus.DEPLOYING)
    return stores.jobs.open_job(job, stores.clock.now() + LEASE)


def running(job: RetrainingJob) -> RetrainingJob:
    """The job while a Kubernetes Job runs for it."""
    return job.waiting_for(PendingStep(kind="train", kubernetes_job=f"{job.job_id}-train-1", task_token="t", since=NOW))


def failed(job: RetrainingJob) -> RetrainingJob:
    return job.ended(Ending.FAILED, NOW, "no data")


def completed(job: RetrainingJob) -> RetrainingJob:
    return job.ended(Ending.REJECTED, NOW)

"""All stores on one storage, in memory or on DynamoDB, and records to put into them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from auto_retrain.adapters.dynamodb.audit_log import DynamoAuditLog
from auto_retrain.adapters.dynamodb.decisions import DynamoDecisionLog
from auto_retrain.adapters.dynamodb.deployment_ledger import DynamoLedger
from auto_retrain.adapters.dynamodb.jobs import DynamoJobStore
from auto_retrain.adapters.dynamodb.notifications import DynamoNotificationLog
from auto_retrain.adapters.dynamodb.outbox import DynamoOutbox
from auto_retrain.adapters.dynamodb.policies import DynamoPolicyStore
from auto_retrain.adapters.dynamodb.routing import DynamoRouting
from auto_retrain.adapters.dynamodb.states import DynamoModelStates
from auto_retrain.adapters.dynamodb.sweeps import DynamoSweepLog
from auto_retrain.adapters.dynamodb.table import Table
from auto_retrain.adapters.dynamodb.waiting import DynamoWaitingTriggers
from auto_retrain.adapters.memory.audit import MemoryAuditLog
from auto_retrain.adapters.memory.jobs import MemoryJobStore, MemoryModelStates, MemoryWaitingTriggers
from auto_retrain.adapters.memory.ledger import MemoryLedger
from auto_retrain.adapters.memory.outside import MemoryClock
from auto_retrain.adapters.memory.stores import (
    MemoryDecisionLog,
    MemoryNotificationLog,
    MemoryOutbox,
    MemoryPolicyStore,
    MemoryRouting,
    MemorySweepLog,
)
from auto_retrain.domain.analysis import RolloutEvidence
from auto_retrain.domain.ending import Ending
from auto_retrain.domain.job import PendingStep, RetrainingJob
from auto_retrain.domain.model_state import Rejections
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.policy.deployment import CanaryDeployment
from auto_retrain.domain.policy.traffic import RouterTarget
from auto_retrain.domain.rollout import Rollout
from auto_retrain.domain.serving import ServingChange, ServingRecord
from auto_retrain.domain.status import RetrainingStatus
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.domain.windows import windows_at
from auto_retrain.ports import (
    AuditLog,
    DecisionLog,
    DeploymentLedger,
    JobStore,
    ModelStates,
    NotificationLog,
    Outbox,
    PolicyStore,
    RoutingStore,
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
    routing: RoutingStore
    outbox: Outbox
    audit: AuditLog


def memory_stores() -> Stores:
    clock = MemoryClock(NOW)
    audit = MemoryAuditLog()
    states, decisions = MemoryModelStates(audit), MemoryDecisionLog(audit)
    jobs = MemoryJobStore(clock, states, decisions)
    policies = MemoryPolicyStore(states)
    return Stores(
        clock,
        jobs,
        states,
        MemoryWaitingTriggers(clock),
        policies,
        MemoryLedger(clock, jobs, states),
        MemoryNotificationLog(clock),
        decisions,
        MemorySweepLog(),
        MemoryRouting(policies),
        MemoryOutbox(),
        audit,
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
        "routing": DynamoRouting,
        "outbox": DynamoOutbox,
        "audit": DynamoAuditLog,
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


def a_promotion(job: RetrainingJob, record: ServingRecord | None = None, reason: str = "better") -> ServingChange:
    """A job's challenger, a version with the job's number, becomes the champion."""
    version = ModelVersion(number=job.job_id.rpartition("-")[2])
    record = record or ServingRecord(model_name=job.model_name)
    return record.promoted(version, job, "auto-retrain", reason, NOW)


def a_rollout(number: int, model: str = "churn") -> Rollout:
    """The canary of the job with this number."""
    return Rollout(
        job_id=f"{model}-{number}",
        challenger=ModelVersion(number=str(number)),
        deployment=CanaryDeployment(strategy="canary", traffic=RouterTarget(adapter="router")),
        policy_version=1,
        started_at=NOW,
        since=NOW,
        weight=5,
    )


def some_evidence(number: int = 1, model: str = "churn", **changes: Any) -> RolloutEvidence:
    """What the rollout of the job with this number has shown."""
    fields: dict[str, Any] = {"model_name": model, "rollout_id": f"{model}-{number}", "step": 0, "looked_at": NOW}
    return RolloutEvidence(**{**fields, **changes})


def rolling_out(stores: Stores, model: str) -> ServingRecord:
    """The stored record of a model whose version 2 is rolled out beside version 1."""
    record = ServingRecord(model_name=model)
    record = stores.ledger.write(record.adopted(ModelVersion(number="1"), "it served before", NOW))
    return stores.ledger.write(record.rolling_out(a_rollout(2, model), "auto-retrain", "canary", NOW))


def deploying(stores: Stores, number: int, model: str = "churn") -> RetrainingJob:
    """An open job that is about to deploy."""
    job = a_job(number, model, status=RetrainingStatus.DEPLOYING)
    return stores.jobs.open_job(job, stores.clock.now() + LEASE)


def running(job: RetrainingJob) -> RetrainingJob:
    """The job while a Kubernetes Job runs for it."""
    return job.waiting_for(PendingStep(kind="train", kubernetes_job=f"{job.job_id}-train-1", task_token="t", since=NOW))


def failed(job: RetrainingJob) -> RetrainingJob:
    return job.ended(Ending.FAILED, NOW, "no data")


def completed(job: RetrainingJob) -> RetrainingJob:
    return job.ended(Ending.REJECTED, NOW)

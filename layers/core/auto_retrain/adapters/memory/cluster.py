"""The cluster in memory; its owner, such as a test, decides what happens to a Job."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ...domain.cluster import ClusterJob, ClusterJobPhase, ClusterListing, JobOrder, Obstacle
from ...domain.errors import ClusterConflict, ClusterRefused
from ...domain.installation import NEEDED, NEEDED_FOR_TRAFFIC, NEEDED_FOR_WORKERS, Permission
from ...domain.policy.pod_rules import PodRules
from ...domain.policy.refusals import refusals
from ...domain.policy.training import TrainingPolicy

NAMESPACE = "auto-retrain"
DEFAULT_IMAGE = f"registry.example.com/train-model@sha256:{'0' * 64}"


@dataclass
class _MemoryJob:
    seen: ClusterJob
    explanation: str = "the Kubernetes Job has not failed"
    log: str = ""
    logs: dict[int, str] = field(default_factory=dict)
    obstacle: Obstacle | None = None


class MemoryCluster:
    """Cluster whose Jobs run until `finish` or `fail` is called; `orders` keeps the orders of each Job.

    `unreadable` and `unlisted` say of which Jobs and namespaces a listing cannot tell, and why.
    """

    def __init__(self) -> None:
        self._jobs: dict[str, _MemoryJob] = {}
        self.orders: dict[str, tuple[JobOrder, ...]] = {}
        self.unreadable: dict[str, str] = {}
        self.unlisted: dict[str, str] = {}
        self.granted: set[Permission] = set(NEEDED | NEEDED_FOR_WORKERS).union(*NEEDED_FOR_TRAFFIC.values())
        self.parallel_jobs: int | None = None
        self.default_image = DEFAULT_IMAGE
        self.rules = PodRules()

    def start_job(self, name: str, orders: Sequence[JobOrder], training: TrainingPolicy) -> None:
        job_id = orders[-1].job_id
        if refused := refusals(training, self.rules):
            raise ClusterRefused(f"the policy of model '{orders[-1].model_name}': {'; '.join(refused)}")
        existing = self._jobs.get(name)
        if existing is None:
            self.occupy(name, job_id, orders[-1].kind, namespace=training.namespace or NAMESPACE)
            self.orders[name] = tuple(orders)
            if training.workers > 1 and orders[-1].kind == "train":
                self.change(name, workers=training.workers, pods_at_once=training.workers)
            if self.parallel_jobs is not None:
                waiting = {"phase": ClusterJobPhase.SUSPENDED, "started_at": None, "ready_pods": 0}
                self.change(name, waits_for_us=True, priority=training.priority, **waiting)
        elif existing.seen.job_id != job_id:
            raise ClusterConflict(f"the Kubernetes Job '{name}' belongs to job '{existing.seen.job_id}'")

    def start_indexed_job(
        self,
        name: str,
        orders: Sequence[JobOrder],
        training: TrainingPolicy,
        pods_at_once: int,
        before: Sequence[JobOrder] = (),
    ) -> None:
        self.start_job(name, orders, training)
        self.orders[name] = (*before, *orders)
        members = tuple(order.job_id for order in orders)
        self.change(name, orders=len(orders), pods_at_once=min(pods_at_once, len(orders)), members=members)

    def list_jobs(self) -> ClusterListing:
        readable = [self._jobs[name].seen for name in sorted(self._jobs) if name not in self.unreadable]
        listed = [job for job in readable if job.namespace not in self.unlisted]
        return ClusterListing(listed, self.unreadable, self.unlisted)

    def obstacles(self, jobs: Sequence[ClusterJob]) -> dict[str, Obstacle]:
        return {job.name: obstacle for job in jobs if (obstacle := self._jobs[job.name].obstacle)}

    def explain_failure(self, job: ClusterJob, order: int | None = None) -> str:
        stored = self._jobs.get(job.name)
        return stored.explanation if stored else "the Kubernetes Job is gone: it was deleted, or it expired"

    def log_tail(self, job: ClusterJob, lines: int = 100, order: int | None = None) -> str:
        stored = self._jobs.get(job.name)
        if stored is None:
            return ""
        log = stored.log if order is None else stored.logs.get(order, "")
        return "".join(log.splitlines(keepends=True)[-lines:])

    def delete_job(self, job: ClusterJob) -> None:
        self._jobs.pop(job.name, None)

    def resume_job(self, job: ClusterJob) -> None:
        if job.name in self._jobs:
            self.change(
                job.name, phase=ClusterJobPhase.ACTIVE, started_at=datetime.now(UTC), ready_pods=1, waits_for_us=False
            )

    @property
    def namespaces(self) -> tuple[str, ...]:
        return (NAMESPACE,)

    def may(self, namespace: str, permission: Permission, for_group: str | None) -> bool:
        return permission in self.granted

    def finish(self, name: str, log: str = "") -> None:
        """Let a Job succeed with all its orders."""
        done = tuple(range(self._jobs[name].seen.orders or 0))
        self.change(name, phase=ClusterJobPhase.COMPLETE, reason="CompletionsReached", done=done)
        self._jobs[name].log = log

    def fail(self, name: str, explanation: str, reason: str = "BackoffLimitExceeded", log: str = "") -> None:
        """Let a Job fail, with the explanation and the log."""
        self.change(name, phase=ClusterJobPhase.FAILED, reason=reason)
        self._jobs[name].explanation, self._jobs[name].log = explanation, log

    def fail_orders(self, name: str, logs: Mapping[int, str]) -> None:
        """Let some orders of a Job fail, with their logs, and the others succeed."""
        job = self._jobs[name]
        done = tuple(sorted(set(range(job.seen.orders or 0)) - logs.keys()))
        self.fail(name, "FailedIndexes: Job has failed indexes", reason="FailedIndexes")
        self.change(name, done=done, failed=tuple(sorted(logs)))
        job.logs = dict(logs)

    def obstruct(self, name: str, obstacle: Obstacle | None) -> None:
        """Keep the pod of a Job from running, or no longer."""
        self._jobs[name].obstacle = obstacle

    def write(self, name: str, log: str) -> None:
        """Let a Job's pod write its log."""
        self._jobs[name].log = log

    def change(self, name: str, **changes: Any) -> None:
        """Change how a Job is listed."""
        job = self._jobs[name]
        job.seen = job.seen.changed(**changes)

    def occupy(
        self,
        name: str,
        job_id: str,
        kind: str = "train",
        created_at: datetime | None = None,
        namespace: str = NAMESPACE,
    ) -> None:
        """Create a Job under a name, as somebody else could."""
        created_at = created_at or datetime.now(UTC)
        self._jobs[name] = _MemoryJob(
            ClusterJob(
                name=name,
                namespace=namespace,
                job_id=job_id,
                kind=kind,
                phase=ClusterJobPhase.ACTIVE,
                created_at=created_at,
                started_at=created_at,
                ready_pods=1,
            )
        )

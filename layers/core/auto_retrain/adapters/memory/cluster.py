"""The cluster in memory; what happens to a Job is said by whoever holds it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from ...domain.cluster import ClusterJob, ClusterJobPhase, JobOrder
from ...domain.errors import ClusterConflict
from ...domain.policy import TrainingPolicy


@dataclass
class _MemoryJob:
    seen: ClusterJob
    explanation: str = "the Kubernetes Job has not failed"
    log: str = ""


class MemoryCluster:
    """Cluster whose Jobs run until `finish` or `fail` is called; `orders` keeps what was asked for."""

    def __init__(self) -> None:
        self._jobs: dict[str, _MemoryJob] = {}
        self.orders: dict[str, JobOrder] = {}

    def start_job(self, name: str, order: JobOrder, training: TrainingPolicy) -> None:
        existing = self._jobs.get(name)
        if existing is None:
            self._add(name, order.job_id, order.kind)
            self.orders[name] = order
        elif existing.seen.job_id != order.job_id:
            raise ClusterConflict(f"the Kubernetes Job '{name}' belongs to job '{existing.seen.job_id}'")

    def list_jobs(self) -> list[ClusterJob]:
        return [self._jobs[name].seen for name in sorted(self._jobs)]

    def explain_failure(self, name: str) -> str:
        job = self._jobs.get(name)
        return job.explanation if job else "the Kubernetes Job is gone: it was deleted, or it expired"

    def log_tail(self, name: str, lines: int = 100) -> str:
        job = self._jobs.get(name)
        return "".join(job.log.splitlines(keepends=True)[-lines:]) if job else ""

    def delete_job(self, name: str) -> None:
        self._jobs.pop(name, None)

    def finish(self, name: str) -> None:
        """Let a Job end well."""
        self._end(name, ClusterJobPhase.COMPLETE, "CompletionsReached")

    def fail(self, name: str, explanation: str, reason: str = "BackoffLimitExceeded", log: str = "") -> None:
        """Let a Job end badly, with the sentence and the log that tell why."""
        self._end(name, ClusterJobPhase.FAILED, reason)
        self._jobs[name].explanation, self._jobs[name].log = explanation, log

    def occupy(self, name: str, job_id: str, kind: str = "train", created_at: datetime | None = None) -> None:
        """Let someone else have a Job of that name."""
        self._add(name, job_id, kind, created_at)

    def _add(self, name: str, job_id: str, kind: str, created_at: datetime | None = None) -> None:
        created_at = created_at or datetime.now(UTC)
        seen = ClusterJob(name=name, job_id=job_id, kind=kind, phase=ClusterJobPhase.ACTIVE, created_at=created_at)
        self._jobs[name] = _MemoryJob(seen)

    def _end(self, name: str, phase: ClusterJobPhase, reason: str) -> None:
        job = self._jobs[name]
        job.seen = job.seen.model_copy(update={"phase": phase, "reason": reason})

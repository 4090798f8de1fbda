"""What is asked of a cluster, and what is seen there."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import groupby

from pydantic import Field, JsonValue

from .base import Record, UtcTime
from .names import JobKind


class JobOrder(Record):
    """The whole order that a training container gets; it holds no secret."""

    schema_version: int = 1
    kind: JobKind
    job_id: str
    model_name: str
    manifest_uri: str
    manifest_sha256: str
    output_uri: str
    mlflow_tracking_uri: str
    seed: int
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    variant: int | None = Field(default=None, description="which of several trainings of the job")
    trainer: str | None = None
    image: str | None = None
    versions: dict[str, str | None] = Field(default_factory=dict, description="to be scored, with their digests")
    row_metric: str | None = Field(default=None, description="module:function, a value for each row that is scored")
    min_label_share: float = 0.0


class ClusterJobPhase(StrEnum):
    """Where a Kubernetes Job stands: held back, under way, or ended for good or bad."""

    SUSPENDED = "suspended"
    ACTIVE = "active"
    COMPLETE = "complete"
    FAILED = "failed"


class ClusterJob(Record):
    """One Kubernetes Job of ours, as listed; `reason` is the cluster's word for how it ended."""

    name: str
    namespace: str
    job_id: str
    kind: str
    phase: ClusterJobPhase
    created_at: UtcTime
    started_at: UtcTime | None = Field(default=None, description="not while it is suspended")
    deadline_at: UtcTime | None = None
    deleted_at: UtcTime | None = Field(default=None, description="when somebody asked for its deletion")
    ready_pods: int = 0
    pods_at_once: int = 1
    orders: int | None = Field(default=None, description="how many, where each has a pod of its own")
    done: tuple[int, ...] = Field(default=(), description="those of the orders that were carried out")
    failed: tuple[int, ...] = Field(default=(), description="those that failed for good")
    members: tuple[str, ...] = Field(default=(), description="whose orders they are, by the ids of jobs")
    waits_for_us: bool = Field(default=False, description="suspended until we find a free place for it")
    priority: int = 0
    queue: str | None = Field(default=None, description="of Kueue")
    reason: str | None = None

    @property
    def job_ids(self) -> set[str]:
        """The jobs that it works for."""
        return {self.job_id, *self.members}

    def phase_of(self, order: int | None) -> ClusterJobPhase:
        """Where one of its orders stands, or the whole: of several variants some may fail."""
        if order is None:
            return ClusterJobPhase.COMPLETE if self.phase is ClusterJobPhase.FAILED and self.done else self.phase
        if order in self.done:
            return ClusterJobPhase.COMPLETE
        return ClusterJobPhase.FAILED if order in self.failed else self.phase


def next_to_run(jobs: Iterable[ClusterJob], parallel_jobs: int | None) -> list[ClusterJob]:
    """Which of the Jobs that wait for us get a free place: the highest priority first, then the oldest.

    Each namespace has that many places, and a Job with several pods at once takes as many; one that is wider than
    all places runs alone. Without a limit all may run, also those that waited while there was one.
    """
    found: list[ClusterJob] = []
    by_namespace = sorted(jobs, key=lambda job: (job.namespace, -job.priority, job.created_at, job.name))
    for _, members in groupby(by_namespace, key=lambda job: job.namespace):
        listed = list(members)
        waiting = [job for job in listed if job.waits_for_us and job.phase is ClusterJobPhase.SUSPENDED]
        running = sum(job.pods_at_once for job in listed if job.phase is ClusterJobPhase.ACTIVE)
        found += waiting if parallel_jobs is None else list(_fitting(waiting, running, parallel_jobs))
    return found


def _fitting(waiting: list[ClusterJob], running: int, places: int) -> Iterator[ClusterJob]:
    # The first that does not fit holds up those behind it: else many small ones would pass a wide one for ever.
    for job in waiting:
        if running and running + job.pods_at_once > places:
            return
        running += job.pods_at_once
        yield job


def suspension_of(job: ClusterJob) -> str | None:
    """Why a Job is held back, for people; None for one that is not."""
    if job.phase is not ClusterJobPhase.SUSPENDED:
        return None
    if job.queue:
        return f"Kueue has not let it go from its queue '{job.queue}'"
    return f"it waits for a free place, with priority {job.priority}" if job.waits_for_us else "somebody suspended it"


class Obstacle(Record):
    """Why a Kubernetes Job gets no running pod, since when, and whether waiting may help."""

    reason: str
    since: UtcTime
    may_pass: bool

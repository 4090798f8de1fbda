"""What we ask of a cluster, and what we see there."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby

from pydantic import Field, JsonValue

from .base import Record, UtcTime
from .names import JobKind


class JobOrder(Record):
    """The complete order for a training container; it contains no secrets."""

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
    variant: int | None = Field(default=None, description="index of one of several trainings of the job")
    trainer: str | None = None
    image: str | None = None
    versions: dict[str, str | None] = Field(default_factory=dict, description="versions to score, with their digests")
    row_metric: str | None = Field(default=None, description="module:function that gives a value for each scored row")
    min_label_share: float = 0.0
    # Left out where there is none, because images of earlier releases refuse fields that they do not know.
    sample_share: float | None = Field(
        default=None, description="of the training rows, for a proxy", exclude_if=lambda share: share is None
    )
    part: int | None = Field(
        default=None, description="of the objects, the only ones that it reads", exclude_if=lambda part: part is None
    )
    labels_uri: str | None = Field(
        default=None, description="list of the labels of all parts", exclude_if=lambda uri: uri is None
    )
    labels_sha256: str | None = Field(default=None, exclude_if=lambda digest: digest is None)


class ClusterJobPhase(StrEnum):
    """The state of a Kubernetes Job."""

    SUSPENDED = "suspended"
    ACTIVE = "active"
    COMPLETE = "complete"
    FAILED = "failed"


class ClusterJob(Record):
    """One of our Kubernetes Jobs, as listed; `reason` is the cluster's own term for how it ended."""

    name: str
    namespace: str
    job_id: str
    kind: str
    phase: ClusterJobPhase
    created_at: UtcTime
    started_at: UtcTime | None = Field(default=None, description="None while suspended")
    deadline_at: UtcTime | None = None
    deleted_at: UtcTime | None = Field(default=None, description="when its deletion was requested")
    ready_pods: int = 0
    pods_at_once: int = 1
    workers: int = Field(default=1, description="number of pods that carry out one order together")
    orders: int | None = Field(default=None, description="number of orders, if each has its own pod")
    done: tuple[int, ...] = Field(default=(), description="indexes of completed orders")
    failed: tuple[int, ...] = Field(default=(), description="indexes of orders that failed for good")
    members: tuple[str, ...] = Field(default=(), description="ids of the jobs that the orders belong to")
    waits_for_us: bool = Field(
        default=False, description="suspended by us, and not resumed yet: until there is a free slot for it"
    )
    priority: int = 0
    queue: str | None = Field(default=None, description="LocalQueue of Kueue")
    reason: str | None = None

    @property
    def job_ids(self) -> set[str]:
        """The ids of all jobs that it works for."""
        return {self.job_id, *self.members}

    def orders_of(self, job_id: str) -> tuple[int, ...]:
        """The indexes of its orders for a job; none if one pod carries out whatever it does."""
        return tuple(index for index, member in enumerate(self.members) if member == job_id)

    def phase_of(self, order: int | None) -> ClusterJobPhase:
        """The phase of one order, or of the whole Job.

        A failed training with a completed variant counts as complete; what is done in parts needs all of them.
        """
        if order is None:
            suffices = self.phase is ClusterJobPhase.FAILED and self.kind == "train" and bool(self.done)
            return ClusterJobPhase.COMPLETE if suffices else self.phase
        if order in self.done:
            return ClusterJobPhase.COMPLETE
        return ClusterJobPhase.FAILED if order in self.failed else self.phase


@dataclass(frozen=True)
class ClusterListing:
    """Our Kubernetes Jobs, and what could not be read of them.

    `unreadable` says why a Job could not be read, by its name; `unlisted` why a namespace could not be listed.
    """

    jobs: list[ClusterJob] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)
    unlisted: dict[str, str] = field(default_factory=dict)


def next_to_run(jobs: Iterable[ClusterJob], parallel_jobs: int | None) -> list[ClusterJob]:
    """The waiting Jobs that get a free slot: highest priority first, then oldest.

    Each namespace has `parallel_jobs` slots, and a Job takes one per pod that it runs at once; a Job with more pods
    than there are slots runs alone. Without a limit all may run, including those suspended while there was one.
    """
    chosen: list[ClusterJob] = []
    by_namespace = sorted(jobs, key=lambda job: (job.namespace, -job.priority, job.created_at, job.name))
    for _, members in groupby(by_namespace, key=lambda job: job.namespace):
        listed = list(members)
        waiting = [job for job in listed if job.waits_for_us and job.phase is ClusterJobPhase.SUSPENDED]
        running = sum(job.pods_at_once for job in listed if job.phase is ClusterJobPhase.ACTIVE)
        chosen += waiting if parallel_jobs is None else list(_fitting(waiting, running, parallel_jobs))
    return chosen


def _fitting(waiting: list[ClusterJob], running: int, slots: int) -> Iterator[ClusterJob]:
    # The first Job that does not fit holds up those behind it; otherwise small ones could keep overtaking it.
    for job in waiting:
        if running and running + job.pods_at_once > slots:
            return
        running += job.pods_at_once
        yield job


def suspension_of(job: ClusterJob) -> str | None:
    """Why a Job is suspended, for people; None if it is not."""
    if job.phase is not ClusterJobPhase.SUSPENDED:
        return None
    if job.queue:
        return f"Kueue has not admitted it from its queue '{job.queue}'"
    return f"it waits for a free slot, with priority {job.priority}" if job.waits_for_us else "someone suspended it"


class Obstacle(Record):
    """What keeps a Kubernetes Job from running or from ending, since when if that is known, and whether it may pass.

    One that `never_passes` ends only with a change of the policy or the cluster, so nobody needs to wait for it.
    """

    reason: str
    since: UtcTime | None
    may_pass: bool
    never_passes: bool = False
    work_is_done: bool = Field(default=False, description="only containers of others keep its pod")

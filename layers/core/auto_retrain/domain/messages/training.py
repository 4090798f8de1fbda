"""Messages of the functions that start Kubernetes Jobs and watch them."""

from typing import Literal

from pydantic import Field

from ..base import Record
from ..names import JobKind


class StepOrder(Record):
    """Start a Kubernetes Job for one step of a job, and resume the execution with this token when it ends."""

    job_id: str
    kind: JobKind
    task_token: str = Field(repr=False)


class StepStarted(Record):
    """A Kubernetes Job was started, or the watcher will start one for a batch of models."""

    job_id: str
    kubernetes_job: str | None


class ProxyOutcome(Record):
    """Whether a full training may be worth its money, by what a proxy shows."""

    next: Literal["train", "close"]
    reason: str


class WatchOutcome(Record):
    """What one pass over the cluster did, as numbers of jobs; the next pass retries what is listed in `problems`.

    `waiting` says why Kubernetes Jobs are not running or not ending, for some of them, by name. `unreconciled` counts
    Kubernetes Jobs without a record and records without a Kubernetes Job that the pass could not settle.
    """

    succeeded: int = 0
    failed: int = 0
    alive: int = 0
    closed: int = 0
    deleted: int = 0
    resumed: int = 0
    batches: int = 0
    unreconciled: int = 0
    waiting: dict[str, str] = Field(default_factory=dict)
    problems: tuple[str, ...] = ()

    @property
    def metrics(self) -> dict[str, int]:
        """Counts to set alarms on, by metric name."""
        return {"unreconciled_jobs": self.unreconciled, "watch_problems": len(self.problems)}

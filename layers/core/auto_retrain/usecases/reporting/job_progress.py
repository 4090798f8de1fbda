"""How far a job is at this moment, and how long jobs like it took: for people who watch it."""

from statistics import median
from typing import NamedTuple

from ...domain.cluster import ClusterJob, suspension_of
from ...domain.errors import AutoRetrainError
from ...domain.forecast import kind_of, like_of
from ...domain.job import RetrainingJob
from ...domain.rollout import Rollout
from ...domain.status import RetrainingStatus
from ...ports import Ports
from ..decide_rollout import outlook_of
from ..lookup import job_of
from .job_logs import pods_of

LOG_LINES = 100
# So many of the newest jobs are looked at, and so many of these make a forecast.
RECENT, LIKE = 20, 5


class JobProgress(NamedTuple):
    """A job at one moment: its rollout and what comes next in it, how its pods are, what keeps the job, and the end of
    the log of its pod, or of the first of them that is not done."""

    job: RetrainingJob
    rollout: Rollout | None = None
    outlook: str | None = None
    pods: str | None = None
    obstacle: str | None = None
    log: tuple[str, ...] = ()

    @property
    def has_step(self) -> bool:
        """Whether its pods matter; the record keeps the last step until the job has ended."""
        return self.job.pending is not None and self.job.status in (
            RetrainingStatus.RUNNING,
            RetrainingStatus.VALIDATION,
        )


class Pace(NamedTuple):
    """How long it usually takes until the verdict, and the number of jobs that say so."""

    seconds: float
    jobs: int


def job_progress(job_id: str, ports: Ports) -> JobProgress:
    """Look at a job and, while a step of it runs, at its pods; raises JobUnknown.

    A cluster that cannot be asked is an obstacle to looking, not to the job: its record goes on to tell how it ends.
    """
    job = job_of(job_id, ports)
    record = ports.ledger.serving(job.model_name)
    rollout = record.rollout if record.rollout and record.rollout.job_id == job_id else None
    progress = JobProgress(job, rollout, outlook_of(record, ports) if rollout else None, obstacle=job.waits_for)
    if not progress.has_step:
        return progress
    try:
        return _with_pod(progress, ports)
    except AutoRetrainError as error:
        return progress._replace(obstacle=f"the cluster cannot be asked: {error}")


def _with_pod(progress: JobProgress, ports: Ports) -> JobProgress:
    newest = pods_of(progress.job, ports)[-1:]
    if not newest:
        return progress
    (step,) = newest
    obstacle = ports.cluster.obstacles(newest).get(step.name)
    reason = suspension_of(step) or (obstacle.reason if obstacle else progress.obstacle)
    orders = step.orders_of(progress.job.job_id)
    shown = next((order for order in orders if order not in step.done), orders[-1] if orders else None)
    log = ports.cluster.log_tail(step, LOG_LINES, shown)
    return progress._replace(pods=_pods(step, orders), obstacle=reason, log=tuple(log.splitlines()))


def _pods(step: ClusterJob, orders: tuple[int, ...]) -> str:
    """How the pods of a step are, and how many of several have done their part of it."""
    if len(orders) < 2:
        return f"pod {step.phase.value}"
    failed = len(set(orders) & set(step.failed))
    done = f"{len(set(orders) & set(step.done))} of {len(orders)} are done"
    return f"pods {step.phase.value}: {done}{f', {failed} failed' if failed else ''}"


def pace_of(job: RetrainingJob, ports: Ports) -> Pace | None:
    """The median time to a verdict of the model's newest jobs with the same pods; None if there was none."""
    applied = ports.policies.get(job.model_name)
    if applied is None:
        return None
    like = kind_of(applied.policy, len(job.variants))
    recent = ports.jobs.list_recent(job.model_name, RECENT)
    times = [time for other in recent if other.is_before(job) and (time := _time_to_verdict(other, like))][:LIKE]
    return Pace(median(times), len(times)) if times else None


def _time_to_verdict(job: RetrainingJob, like: str) -> float | None:
    training, result = job.usage.pods.get("train"), job.validation
    if training is None or result is None or result.validation_timestamp is None or like_of(training) != like:
        return None
    return (result.validation_timestamp - job.created_at).total_seconds()

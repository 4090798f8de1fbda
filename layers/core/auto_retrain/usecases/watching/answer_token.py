"""Tells an execution how the Kubernetes Job that it waits for is doing, and saves the log while there is one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial
from typing import NamedTuple

from ...domain.cluster import ClusterJob, ClusterJobPhase, Obstacle
from ...domain.errors import AutoRetrainError
from ...domain.job import PendingStep, RetrainingJob
from ...domain.names import log_key
from ...ports import Ports

LOG_LINES = 200
# What waits for an image or a secret that may be about to come is given this long.
PATIENCE = timedelta(minutes=10)
# At its deadline a Job loses its pods and their logs at once; two passes before have a chance to save them.
LOG_SAVED_AHEAD = timedelta(minutes=2, seconds=30)


class Place(NamedTuple):
    """A Kubernetes Job, and which of its orders is meant if it is a batch."""

    job: ClusterJob
    order: int | None


@dataclass(frozen=True)
class Seen:
    """Listed Kubernetes Jobs by name, and what keeps some of them from running."""

    jobs: Mapping[str, ClusterJob]
    obstacles: Mapping[str, Obstacle]

    @cached_property
    def _batched(self) -> dict[tuple[str, str], Place]:
        """Where the orders of batches are carried out; should there be two, the older one counts."""
        newest_first = sorted(self.jobs.values(), key=lambda found: found.created_at, reverse=True)
        return {
            (member, found.kind): Place(found, number)
            for found in newest_first
            for number, member in enumerate(found.members)
        }

    def place_of(self, job: RetrainingJob) -> Place | None:
        """Where a job's step is carried out; None if it is not there, or not yet."""
        pending = job.pending
        if pending is None or pending.kubernetes_job is None:
            return self._batched.get((job.job_id, pending.kind)) if pending else None
        found = self.jobs.get(pending.kubernetes_job)
        return Place(found, None) if found else None


def answer(job: RetrainingJob, seen: Seen, problems: list[str], ports: Ports) -> str:
    """What was done for a job that waits for a Kubernetes Job: succeeded, failed, alive or not awaited."""
    pending = job.pending
    assert pending is not None
    place = seen.place_of(job)
    if place is None:
        return _keep_alive(pending, ports)  # it was created a moment ago and is not listed yet, or it is parked
    found, phase = place.job, place.job.phase_of(place.order)
    if phase is ClusterJobPhase.COMPLETE:
        _save_logs(job, place, pending, problems, ports)
        ports.executions.succeed(pending.task_token, {"kind": pending.kind, "kubernetes_job": found.name})
        return "succeeded"
    if phase is ClusterJobPhase.FAILED:
        return _fail(job, place, pending, problems, ports)
    if (obstacle := seen.obstacles.get(found.name)) and _is_hopeless(obstacle, ports):
        return _give_up(found, pending, obstacle, ports)
    if found.deadline_at and found.ready_pods and ports.clock.now() > found.deadline_at - LOG_SAVED_AHEAD:
        _save_logs(job, place, pending, problems, ports)
    return _keep_alive(pending, ports)


def _keep_alive(pending: PendingStep, ports: Ports) -> str:
    return "alive" if ports.executions.heartbeat(pending.task_token) else "not awaited"


def _is_hopeless(obstacle: Obstacle, ports: Ports) -> bool:
    return not obstacle.may_pass and ports.clock.now() >= obstacle.since + PATIENCE


def _give_up(found: ClusterJob, pending: PendingStep, obstacle: Obstacle, ports: Ports) -> str:
    """End a Job that would wait for its deadline in vain; deleted second, it is an orphan if we die in between."""
    minutes = PATIENCE // timedelta(minutes=1)
    ports.executions.fail(pending.task_token, "TrainingFailed", f"{obstacle.reason}, for {minutes} minutes or more")
    ports.cluster.delete_job(found)
    return "failed"


def _fail(job: RetrainingJob, place: Place, pending: PendingStep, problems: list[str], ports: Ports) -> str:
    # The log is saved first: once the execution goes on, the Kubernetes Job may be gone.
    _save_logs(job, place, pending, problems, ports)
    found = place.job
    explained = _try(
        partial(ports.cluster.explain_failure, found, place.order), f"explanation of {found.name}", problems
    )
    ports.executions.fail(pending.task_token, "TrainingFailed", explained or f"Kubernetes Job '{found.name}' failed")
    return "failed"


def _save_logs(job: RetrainingJob, place: Place, pending: PendingStep, problems: list[str], ports: Ports) -> None:
    """The log of a step, or of each of its variants."""
    found, order = place
    if order is not None or found.orders is None:
        logs = {log_key(job.job_id, pending.kind, None): order}
    else:
        logs = {log_key(job.job_id, pending.kind, number): number for number in range(found.orders)}
    for key, order in logs.items():
        _try(partial(_save_log, key, found, order, ports), f"log of {found.name}", problems)


def _save_log(key: str, found: ClusterJob, order: int | None, ports: Ports) -> str:
    log = ports.cluster.log_tail(found, LOG_LINES, order)
    # A log that is gone must not take the place of one that was saved ahead of the deadline.
    return ports.data.write(key, log.encode()) if log else ""


def _try(step: Callable[[], str], name: str, problems: list[str]) -> str | None:
    try:
        return step()
    except AutoRetrainError as error:
        problems.append(f"{name}: {type(error).__name__}: {error}")
        return None

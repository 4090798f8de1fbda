"""Tells an execution how the Kubernetes Job that it waits for is doing, and saves the log while there is one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from ..domain.cluster import ClusterJob, ClusterJobPhase, Obstacle
from ..domain.errors import AutoRetrainError
from ..domain.job import PendingStep, RetrainingJob
from ..domain.names import log_key
from ..ports import Ports

LOG_LINES = 200
# What waits for an image or a secret that may be about to come is given this long.
PATIENCE = timedelta(minutes=10)
# At its deadline a Job loses its pods and their logs at once; two passes before have a chance to save them.
LOG_SAVED_AHEAD = timedelta(minutes=2, seconds=30)


@dataclass(frozen=True)
class Seen:
    """Listed Kubernetes Jobs by name, and what keeps some of them from running."""

    jobs: Mapping[str, ClusterJob]
    obstacles: Mapping[str, Obstacle]


def answer(job: RetrainingJob, seen: Seen, problems: list[str], ports: Ports) -> str:
    """What was done for a job that waits for a Kubernetes Job: succeeded, failed, alive or not awaited."""
    pending = job.pending
    assert pending is not None
    found = seen.jobs.get(pending.kubernetes_job)
    if found is None:
        return "alive"  # it was created a moment ago, and is not listed yet
    if found.phase is ClusterJobPhase.COMPLETE or (found.phase is ClusterJobPhase.FAILED and found.done):
        # Of several variants some may have failed: those that did not are worth comparing.
        _save_logs(job, found, pending, problems, ports)
        ports.executions.succeed(pending.task_token, {"kind": pending.kind, "kubernetes_job": found.name})
        return "succeeded"
    if found.phase is ClusterJobPhase.FAILED:
        return _fail(job, found, pending, problems, ports)
    if (obstacle := seen.obstacles.get(found.name)) and _is_hopeless(obstacle, ports):
        return _give_up(found, pending, obstacle, ports)
    if found.deadline_at and found.ready_pods and ports.clock.now() > found.deadline_at - LOG_SAVED_AHEAD:
        _save_logs(job, found, pending, problems, ports)
    return "alive" if ports.executions.heartbeat(pending.task_token) else "not awaited"


def _is_hopeless(obstacle: Obstacle, ports: Ports) -> bool:
    return not obstacle.may_pass and ports.clock.now() >= obstacle.since + PATIENCE


def _give_up(found: ClusterJob, pending: PendingStep, obstacle: Obstacle, ports: Ports) -> str:
    """End a Job that would wait for its deadline in vain; deleted second, it is an orphan if we die in between."""
    minutes = PATIENCE // timedelta(minutes=1)
    ports.executions.fail(pending.task_token, "TrainingFailed", f"{obstacle.reason}, for {minutes} minutes or more")
    ports.cluster.delete_job(found)
    return "failed"


def _fail(job: RetrainingJob, found: ClusterJob, pending: PendingStep, problems: list[str], ports: Ports) -> str:
    # The log is saved first: once the execution goes on, the Kubernetes Job may be gone.
    _save_logs(job, found, pending, problems, ports)
    explained = _try(partial(ports.cluster.explain_failure, found), f"explanation of {found.name}", problems)
    ports.executions.fail(pending.task_token, "TrainingFailed", explained or f"Kubernetes Job '{found.name}' failed")
    return "failed"


def _save_logs(job: RetrainingJob, found: ClusterJob, pending: PendingStep, problems: list[str], ports: Ports) -> None:
    """The log, or that of each order that has a pod of its own."""
    for order in [None] if found.orders is None else range(found.orders):
        key = log_key(job.job_id, pending.kind, order)
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

"""Wakes executions whose Kubernetes Job ended, keeps the others alive, and clears away what nobody waits for."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

from ..domain.cluster import ClusterJob, ClusterJobPhase
from ..domain.errors import AutoRetrainError
from ..domain.job import PendingStep, RetrainingJob
from ..domain.messages import ScheduledEvent, WatchReport
from ..ports import Ports
from .closing import Failure, end_job, follow_up

# Job records and Kubernetes Jobs become visible at different moments; what is younger is left alone.
GRACE = timedelta(minutes=3)
LOG_LINES = 200

Step = Callable[[], str]


def watch_jobs(tick: ScheduledEvent, ports: Ports) -> WatchReport:
    """One pass over all jobs: one listing of the cluster, one of the active records.

    It leaves the record of a living execution alone, so it never stands in the way of a state that writes it; an
    answer given twice is harmless.
    """
    # The cluster first: a Kubernetes Job that is listed here has had its record for longer.
    listed = ports.cluster.list_jobs()
    active = ports.jobs.list_active()
    problems: list[str] = []
    steps = _steps(listed, active, problems, ports)
    done = Counter(_attempt(step, name, problems) for name, step in steps)
    return WatchReport(
        succeeded=done["succeeded"],
        failed=done["failed"],
        alive=done["alive"],
        closed=done["closed"],
        deleted=done["deleted"],
        problems=tuple(problems),
    )


def _steps(
    listed: list[ClusterJob], active: list[RetrainingJob], problems: list[str], ports: Ports
) -> Iterator[tuple[str, Step]]:
    by_name = {found.name: found for found in listed}
    for job in active:
        found = by_name.get(job.pending.kubernetes_job) if job.pending else None
        yield job.job_id, partial(_serve, job, found, problems, ports)
    owned = {job.job_id for job in active}
    for found in listed:
        if _is_orphan(found, owned, ports):
            yield found.name, partial(_delete, found, ports)


def _attempt(step: Step, name: str, problems: list[str]) -> str | None:
    """What the step gives, or None if it fails, which must not keep the others waiting."""
    try:
        return step()
    except AutoRetrainError as error:
        problems.append(f"{name}: {type(error).__name__}: {error}")
        return None


def _serve(job: RetrainingJob, found: ClusterJob | None, problems: list[str], ports: Ports) -> str:
    done = _answer(job, job.pending, found, problems, ports) if job.pending else "between steps"
    if done == "alive" or ports.clock.now() < job.created_at + GRACE:
        return done
    return _close_if_abandoned(job, ports) or done


def _close_if_abandoned(job: RetrainingJob, ports: Ports) -> str | None:
    """Close a job whose execution ended without doing so, such as one that was aborted while it opened the job."""
    if not ports.executions.has_ended(job.execution_arn):
        return None
    failure = Failure("ExecutionEnded", "the execution ended without closing this job")
    follow_up(end_job(job, failure, ports), ports)
    return "closed"


def _answer(
    job: RetrainingJob, pending: PendingStep, found: ClusterJob | None, problems: list[str], ports: Ports
) -> str:
    if found is None:
        return _answer_absent(pending, ports)
    if found.phase is ClusterJobPhase.COMPLETE:
        output = {"kind": pending.kind, "kubernetes_job": pending.kubernetes_job}
        ports.executions.succeed(pending.task_token, output)
        return "succeeded"
    if found.phase is ClusterJobPhase.FAILED:
        return _answer_failed(job, pending, problems, ports)
    return "alive" if ports.executions.heartbeat(pending.task_token) else "not awaited"


def _answer_absent(pending: PendingStep, ports: Ports) -> str:
    if ports.clock.now() < pending.since + GRACE:
        return "alive"
    reason = f"Kubernetes Job '{pending.kubernetes_job}' vanished before it was seen to end"
    ports.executions.fail(pending.task_token, "TrainingFailed", reason)
    return "failed"


def _answer_failed(job: RetrainingJob, pending: PendingStep, problems: list[str], ports: Ports) -> str:
    # The log is saved first: once the execution goes on, the Kubernetes Job may be gone.
    name = pending.kubernetes_job
    _attempt(partial(_save_log, job, pending, ports), f"log of {name}", problems)
    explained = _attempt(partial(ports.cluster.explain_failure, name), f"explanation of {name}", problems)
    ports.executions.fail(pending.task_token, "TrainingFailed", explained or f"Kubernetes Job '{name}' failed")
    return "failed"


def _save_log(job: RetrainingJob, pending: PendingStep, ports: Ports) -> str:
    log = ports.cluster.log_tail(pending.kubernetes_job, LOG_LINES)
    return ports.data.write(f"jobs/{job.job_id}/{pending.kind}/log.txt", log.encode())


def _is_orphan(found: ClusterJob, owned: set[str], ports: Ports) -> bool:
    # Nobody waits for a report; it has its own deadline, and mostly ends after the job that it belongs to.
    awaited = found.phase is ClusterJobPhase.ACTIVE and found.kind != "report"
    return awaited and found.job_id not in owned and ports.clock.now() > found.created_at + GRACE


def _delete(found: ClusterJob, ports: Ports) -> str:
    # The index of active jobs lags behind; the record itself does not.
    record = ports.jobs.get(found.job_id)
    if record and not record.status.is_terminal:
        return "owned"
    ports.cluster.delete_job(found.name)
    return "deleted"

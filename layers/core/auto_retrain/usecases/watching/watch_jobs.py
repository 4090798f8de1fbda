"""Wakes executions whose Kubernetes Job ended, keeps the others alive, and brings records and cluster together."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import NamedTuple

from ...domain.cluster import ClusterJob, ClusterJobPhase, next_to_run, suspension_of
from ...domain.errors import AutoRetrainError
from ...domain.job import RetrainingJob
from ...domain.messages import ScheduledEvent, WatchReport
from ...ports import Ports
from ..ending.end_job import Failure, end_job, follow_up
from ..promoting.review import attend_review, awaits_review
from .answer_token import Seen, answer
from .batching import gather, start_batch

# Job records and Kubernetes Jobs become visible at different moments; what is younger is left alone.
GRACE = timedelta(minutes=3)
# A pod that is asked to end gets a minute, or what its policy gives it, up to ten.
LONGEST_DELETION = timedelta(minutes=15)
# Each answer is a call or two that waits for the network; a thousand of them have to fit into the minute.
PARALLEL_STEPS = 16
MOST_REASONS = 20


class Step(NamedTuple):
    """Something to do for one job; `reconciles` when it settles a disagreement of records and cluster."""

    name: str
    run: Callable[[], str]
    reconciles: bool


def watch_jobs(tick: ScheduledEvent, ports: Ports) -> WatchReport:
    """One pass over all jobs: one listing of each namespace, one of the active records.

    Only while Kubernetes Jobs stay without a running pod, one more listing tells what keeps them. A pass leaves the
    record of a living execution alone, so it never stands in the way of a state that writes it; an answer given twice
    is harmless.
    """
    # The cluster first: a Kubernetes Job that is listed here has had its record for longer.
    listed = ports.cluster.list_jobs()
    active = ports.jobs.list_active()
    problems: list[str] = []
    seen = _look_closer(listed, problems, ports)
    with ThreadPoolExecutor(PARALLEL_STEPS) as pool:
        done = Counter(pool.map(partial(_attempt, problems=problems), _steps(seen, active, problems, ports)))
    return WatchReport(
        succeeded=done["succeeded"],
        failed=done["failed"],
        alive=done["alive"],
        closed=done["closed"],
        deleted=done["deleted"],
        resumed=done["resumed"],
        batches=done["batched"],
        unreconciled=done["unreconciled"],
        waiting=dict(sorted(_waiting(seen).items())[:MOST_REASONS]),
        problems=tuple(sorted(problems)),
    )


def _look_closer(listed: list[ClusterJob], problems: list[str], ports: Ports) -> Seen:
    """The listed Jobs by name, with what keeps those that should be running by now."""
    late = [found for found in listed if _should_run(found, ports)]
    try:
        obstacles = ports.cluster.obstacles(late) if late else {}
    except AutoRetrainError as error:
        problems.append(f"obstacles: {type(error).__name__}: {error}")
        obstacles = {}
    return Seen({found.name: found for found in listed}, obstacles)


def _waiting(seen: Seen) -> dict[str, str]:
    """What keeps Kubernetes Jobs from running, by their names."""
    held = {name: why for name, job in seen.jobs.items() if (why := suspension_of(job))}
    return held | {name: obstacle.reason for name, obstacle in seen.obstacles.items()}


def _should_run(found: ClusterJob, ports: Ports) -> bool:
    idle = found.phase is ClusterJobPhase.ACTIVE and found.ready_pods == 0
    return idle and ports.clock.now() >= (found.started_at or found.created_at) + GRACE


def _steps(seen: Seen, active: list[RetrainingJob], problems: list[str], ports: Ports) -> Iterator[Step]:
    for job in active:
        yield Step(job.job_id, partial(_serve, job, seen, problems, ports), _has_vanished(job, seen, ports))
    for batch, jobs in gather(active, seen):
        yield Step(batch.name, partial(start_batch, batch, jobs, ports), False)
    owned = {job.job_id for job in active}
    for found in seen.jobs.values():
        if _is_orphan(found, owned, ports):
            yield Step(found.name, partial(_delete, found, ports), True)
    for found in next_to_run(seen.jobs.values(), ports.cluster.parallel_jobs):
        yield Step(found.name, partial(_resume, found, ports), False)


def _attempt(step: Step, problems: list[str]) -> str:
    """What the step gives; one that fails must not keep the others waiting."""
    try:
        return step.run()
    except AutoRetrainError as error:
        problems.append(f"{step.name}: {type(error).__name__}: {error}")
        return "unreconciled" if step.reconciles else "problem"


def _serve(job: RetrainingJob, seen: Seen, problems: list[str], ports: Ports) -> str:
    if job.pending and _has_vanished(job, seen, ports):
        reason = f"Kubernetes Job '{job.pending.kubernetes_job}' vanished before it was seen to end"
        ports.executions.fail(job.pending.task_token, "TrainingFailed", reason)
        done = "failed"
    elif job.pending:
        done = answer(job, seen, problems, ports)
    else:
        done = attend_review(job, ports) if awaits_review(job) else "between steps"
    if done == "alive" or ports.clock.now() < job.created_at + GRACE:
        return done
    return _close_if_abandoned(job, ports) or done


def _has_vanished(job: RetrainingJob, seen: Seen, ports: Ports) -> bool:
    # A parked order that is in no batch, or not any more, is put into the next one.
    if job.pending is None or job.pending.parked or seen.place_of(job):
        return False
    return ports.clock.now() >= job.pending.since + GRACE


def _close_if_abandoned(job: RetrainingJob, ports: Ports) -> str | None:
    """Close a job whose execution ended without doing so, such as one that was aborted while it opened the job."""
    if not ports.executions.has_ended(job.execution_arn):
        return None
    failure = Failure("ExecutionEnded", "the execution ended without closing this job")
    follow_up(end_job(job, failure, ports), ports)
    return "closed"


def _is_orphan(found: ClusterJob, owned: set[str], ports: Ports) -> bool:
    # Nobody waits for a report; it has its own deadline, and mostly ends after the job that it belongs to.
    awaited = found.phase in (ClusterJobPhase.ACTIVE, ClusterJobPhase.SUSPENDED) and found.kind != "report"
    return awaited and owned.isdisjoint(found.job_ids) and ports.clock.now() > found.created_at + GRACE


def _resume(found: ClusterJob, ports: Ports) -> str:
    ports.cluster.resume_job(found)
    return "resumed"


def _delete(found: ClusterJob, ports: Ports) -> str:
    # The index of active jobs lags behind; the record itself does not.
    records = map(ports.jobs.get, sorted(found.job_ids))
    if any(record and not record.status.is_terminal for record in records):
        return "owned"
    if found.deleted_at:
        return "unreconciled" if ports.clock.now() > found.deleted_at + LONGEST_DELETION else "ending"
    ports.cluster.delete_job(found)
    return "deleted"

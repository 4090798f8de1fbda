"""Wakes executions whose Kubernetes Job has ended, keeps the others alive, and reconciles records and cluster."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from typing import NamedTuple

from ...domain.cluster import ClusterJob, ClusterJobPhase, ClusterListing, Obstacle, next_to_run, suspension_of
from ...domain.job import PendingStep, RetrainingJob
from ...domain.messages.references import ScheduledEvent
from ...domain.messages.training import WatchOutcome
from ...domain.names import FOR_PEOPLE
from ...domain.status import RetrainingStatus
from ...ports import Ports
from ..ending.end_job import Failure, end_job, follow_up
from ..isolation import attempt
from ..promoting.compare_serving import compare_serving
from ..promoting.review import attend_review, awaits_review
from .answer_token import Listing, answer
from .batching import gather, start_batch

# Job records and Kubernetes Jobs become visible at different times; anything younger is left alone.
GRACE = timedelta(minutes=3)
# A pod that has not begun by then is looked at, so that people see within a minute or two what it waits for.
SLOW_START = timedelta(seconds=45)
# A pod gets one minute to terminate, or as long as its policy says, up to ten.
MAX_DELETION_TIME = timedelta(minutes=15)
# Each answer waits for one or two network calls; a thousand of them must fit into a minute.
PARALLEL_STEPS = 16
MAX_REASONS = 20
# A few requests each, which must not keep heartbeats waiting; and none begins later in a pass than this.
MAX_COMPARISONS = 20
COMPARISON_TIME = timedelta(seconds=10)


class Step(NamedTuple):
    """Something to do in a pass."""

    name: str
    run: Callable[[], str]


def watch_jobs(tick: ScheduledEvent, ports: Ports) -> WatchOutcome:
    """Make one pass over all jobs, with one listing of each namespace and one of the active records.

    While Kubernetes Jobs have no ready pod, more listings show what keeps them from running or ending. A pass writes
    the record of a running execution only when what its pod waits for has changed; a repeated answer is harmless.
    Whatever goes wrong with one job is a problem of that job alone.
    """
    # The cluster comes first: the record of a Kubernetes Job is written before the Job is created.
    listed = ports.cluster.list_jobs()
    problems = [*_unseen(listed)]
    active = ports.jobs.list_active(problems)
    unannounced = ports.jobs.list_unannounced(problems)
    listing = _with_obstacles(listed, problems, ports)
    with ThreadPoolExecutor(PARALLEL_STEPS) as pool:
        answers = _steps(listing, active, problems, ports)
        # The answers come first: executions wait for them.
        steps = chain(answers, _announcements(unannounced, problems, ports), _comparisons(active, ports))
        done = Counter(pool.map(partial(_attempt, problems=problems), steps))
    return WatchOutcome(
        succeeded=done["succeeded"],
        failed=done["failed"],
        alive=done["alive"],
        closed=done["closed"],
        deleted=done["deleted"],
        resumed=done["resumed"],
        batches=done["batched"],
        unreconciled=done["unreconciled"],
        waiting=dict(sorted(_waiting(listing).items())[:MAX_REASONS]),
        problems=tuple(sorted(problems)),
    )


def _unseen(listed: ClusterListing) -> Iterator[str]:
    for name, problem in listed.unreadable.items():
        yield f"Kubernetes Job '{name}' cannot be read: {problem}"
    for namespace, problem in listed.unlisted.items():
        yield f"namespace '{namespace}' cannot be listed: {problem}"


def _with_obstacles(listed: ClusterListing, problems: list[str], ports: Ports) -> Listing:
    """The listed Jobs by name, and the obstacles of those that should be running by now."""
    late: dict[str, list[ClusterJob]] = defaultdict(list)
    for kubernetes_job in listed.jobs:
        if _should_run(kubernetes_job, ports):
            late[kubernetes_job.namespace].append(kubernetes_job)
    obstacles: dict[str, Obstacle] = {}
    for namespace, jobs in late.items():
        obstacles |= attempt(partial(ports.cluster.obstacles, jobs), f"obstacles in {namespace}", problems) or {}
    by_name = {kubernetes_job.name: kubernetes_job for kubernetes_job in listed.jobs}
    return Listing(by_name, obstacles, frozenset(listed.unreadable), frozenset(listed.unlisted))


def _waiting(listing: Listing) -> dict[str, str]:
    """What keeps Kubernetes Jobs from running, by their names."""
    held = {name: why for name, job in listing.jobs.items() if (why := suspension_of(job))}
    return held | {name: obstacle.reason for name, obstacle in listing.obstacles.items()}


def _should_run(kubernetes_job: ClusterJob, ports: Ports) -> bool:
    idle = kubernetes_job.phase is ClusterJobPhase.ACTIVE and kubernetes_job.ready_pods == 0
    return idle and ports.clock.now() - (kubernetes_job.started_at or kubernetes_job.created_at) >= SLOW_START


def _steps(listing: Listing, active: list[RetrainingJob], problems: list[str], ports: Ports) -> Iterator[Step]:
    for job in active:
        yield Step(job.job_id, partial(_serve, job, listing, problems, ports))
    for batch, jobs in attempt(partial(gather, active, listing), "batches", problems) or []:
        yield Step(batch.name, partial(start_batch, batch, jobs, ports))
    owners = {job.job_id: job for job in active}
    for kubernetes_job in listing.jobs.values():
        if _is_orphan(kubernetes_job, owners, ports):
            yield Step(kubernetes_job.name, partial(_settle, kubernetes_job, problems, ports))
    for kubernetes_job in next_to_run(listing.jobs.values(), ports.cluster.parallel_jobs):
        yield Step(kubernetes_job.name, partial(_resume, kubernetes_job, ports))


def _announcements(ended: list[RetrainingJob], problems: list[str], ports: Ports) -> Iterator[Step]:
    """Finish what others began: whoever closed a job may have died before anybody was notified of its end."""
    for job in ended:
        yield Step(job.job_id, partial(_announce, job, problems, ports))


def _announce(job: RetrainingJob, problems: list[str], ports: Ports) -> str:
    return attempt(partial(_follow_up, job, ports), job.job_id, problems) or "unreconciled"


def _follow_up(job: RetrainingJob, ports: Ports) -> str:
    follow_up(job, ports)
    return "closed"


def _comparisons(active: list[RetrainingJob], ports: Ports) -> Iterator[Step]:
    """Compare alias and ledger for a share of the models with a running job; each pass takes the next share."""
    now = ports.clock.now()
    turn = int(now.timestamp() // 60) * MAX_COMPARISONS
    share = [active[(turn + place) % len(active)] for place in range(min(len(active), MAX_COMPARISONS))]
    for job in share:
        yield Step(f"alias of {job.model_name}", partial(_compare, job, now + COMPARISON_TIME, ports))


def _compare(job: RetrainingJob, until: datetime, ports: Ports) -> str:
    # A registry that hangs must not use up the time of the next pass.
    return compare_serving(job, ports) if ports.clock.now() <= until else "postponed"


def _attempt(step: Step, problems: list[str]) -> str:
    return attempt(step.run, step.name, problems) or "problem"


def _serve(job: RetrainingJob, listing: Listing, problems: list[str], ports: Ports) -> str:
    # The record keeps its last step, which was answered before the job was validated: a rollout takes days.
    step = job.pending if job.status is RetrainingStatus.RUNNING else None
    if step and listing.hides(job):
        done = "unseen"  # without a heartbeat, so that it ends if this lasts
    elif step and _has_vanished(job, listing, ports):
        done = attempt(partial(_report_vanished, step, ports), job.job_id, problems) or "unreconciled"
    elif step:
        done = answer(job, listing, problems, ports)
    else:
        done = attend_review(job, ports) if awaits_review(job) else "between steps"
    if done == "alive" or ports.clock.now() - job.created_at < GRACE:
        return done
    return _close_if_abandoned(job, ports) or done


def _report_vanished(pending: PendingStep, ports: Ports) -> str:
    reason = f"Kubernetes Job '{pending.kubernetes_job}' vanished before it was seen to end"
    ports.executions.fail(pending.task_token, "TrainingFailed", reason)
    return "failed"


def _has_vanished(job: RetrainingJob, listing: Listing, ports: Ports) -> bool:
    # A parked order that is in no batch, or no longer in one, is put into the next.
    if job.pending is None or job.pending.parked or listing.place_of(job):
        return False
    return ports.clock.now() - job.pending.since >= GRACE


def _close_if_abandoned(job: RetrainingJob, ports: Ports) -> str | None:
    """Close a job whose execution ended without doing so, such as one that was aborted while it opened the job."""
    if not ports.executions.has_ended(job.execution_arn):
        return None
    failure = Failure("ExecutionEnded", "the execution ended without closing this job")
    follow_up(end_job(job, failure, ports), ports)
    return "closed"


def _is_orphan(kubernetes_job: ClusterJob, owners: Mapping[str, RetrainingJob], ports: Ports) -> bool:
    # No execution waits for a drift report or a back-test: they have their own deadlines, and belong to people.
    is_for_people, phase = kubernetes_job.kind in FOR_PEOPLE, kubernetes_job.phase
    if is_for_people or phase not in (ClusterJobPhase.ACTIVE, ClusterJobPhase.SUSPENDED):
        return False
    records = map(owners.get, kubernetes_job.job_ids)
    return not _is_needed(kubernetes_job, records) and ports.clock.now() - kubernetes_job.created_at > GRACE


def _is_needed(kubernetes_job: ClusterJob, records: Iterable[RetrainingJob | None]) -> bool:
    """Whether any job may wait for it; one that waits for another step has gone on without it, as after a proxy."""
    steps = (record.pending for record in records if record and not record.status.is_terminal)
    return any(step is None or step.kind == kubernetes_job.kind for step in steps)


def _resume(kubernetes_job: ClusterJob, ports: Ports) -> str:
    ports.cluster.resume_job(kubernetes_job)
    return "resumed"


def _settle(orphan: ClusterJob, problems: list[str], ports: Ports) -> str:
    return attempt(partial(_delete, orphan, ports), orphan.name, problems) or "unreconciled"


def _delete(kubernetes_job: ClusterJob, ports: Ports) -> str:
    # The index of active jobs lags behind; the record itself does not.
    if _is_needed(kubernetes_job, map(ports.jobs.get, sorted(kubernetes_job.job_ids))):
        return "owned"
    if kubernetes_job.deleted_at:
        is_late = ports.clock.now() - kubernetes_job.deleted_at > MAX_DELETION_TIME
        return "unreconciled" if is_late else "ending"
    ports.cluster.delete_job(kubernetes_job)
    return "deleted"

"""Reports the state of a Kubernetes Job to the execution that waits for it, and saves its log in time."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial
from typing import Literal, NamedTuple

from ...domain.cluster import ClusterJob, ClusterJobPhase, Obstacle, suspension_of
from ...domain.errors import ArtifactMissing, JobConflict
from ...domain.facts.training import StepEnded
from ...domain.job import PendingStep, RetrainingJob
from ...domain.names import log_key, note_key
from ...ports import Ports
from ..audit.record import record
from ..isolation import attempt
from ..training.trace_steps import trace_step

LOG_LINES = 200
# How long a pod may wait for an image or a secret that may still appear.
MAX_WAIT = timedelta(minutes=10)
# At its deadline a Job loses its pods and their logs at once; this leaves two passes to save them.
LOG_LEAD_TIME = timedelta(minutes=2, seconds=30)
_DEADLINE_EXCEEDED = "DeadlineExceeded"


class Place(NamedTuple):
    """A Kubernetes Job, and the order in it if it is a batch."""

    job: ClusterJob
    order: int | None


@dataclass(frozen=True)
class Listing:
    """The Kubernetes Jobs of a pass, by name, and what keeps some of them from running or ending.

    Some may be missing: those that are `unreadable`, by name, and all in namespaces that are `unlisted`.
    """

    jobs: Mapping[str, ClusterJob]
    obstacles: Mapping[str, Obstacle]
    unreadable: frozenset[str] = frozenset()
    unlisted: frozenset[str] = frozenset()

    def hides(self, job: RetrainingJob) -> bool:
        """Whether the Kubernetes Job of a job's step may exist although it is missing here."""
        name = job.pending.kubernetes_job if job.pending else None
        return name is not None and name not in self.jobs and (bool(self.unlisted) or name in self.unreadable)

    @cached_property
    def _batched(self) -> dict[tuple[str, str], Place]:
        """The place of each batched order; if there are two, the older one counts."""
        newest_first = sorted(self.jobs.values(), key=lambda batch: batch.created_at, reverse=True)
        return {
            (member, batch.kind): Place(batch, number)
            for batch in newest_first
            for number, member in enumerate(batch.members)
        }

    def place_of(self, job: RetrainingJob) -> Place | None:
        """Where a job's step runs; None if it does not run, or not yet."""
        pending = job.pending
        if pending is None or pending.kubernetes_job is None:
            return self._batched.get((job.job_id, pending.kind)) if pending else None
        kubernetes_job = self.jobs.get(pending.kubernetes_job)
        return Place(kubernetes_job, None) if kubernetes_job else None


def answer(job: RetrainingJob, listing: Listing, problems: list[str], ports: Ports) -> str:
    """Answer for a job that waits for a Kubernetes Job; returns succeeded, failed, alive or not awaited."""
    pending = job.pending
    assert pending is not None
    place = listing.place_of(job)
    if place is None:
        return _keep_alive(pending, ports)  # created a moment ago and not listed yet, or parked
    kubernetes_job, phase = place.job, place.job.phase_of(place.order)
    if phase is ClusterJobPhase.COMPLETE:
        _save_logs(job, place, pending, problems, ports)
        output = {"kind": pending.kind, "kubernetes_job": kubernetes_job.name}
        return _end(job, pending, "succeeded", partial(ports.executions.succeed, pending.task_token, output), ports)
    if phase is ClusterJobPhase.FAILED:
        return _fail(job, place, pending, problems, ports)
    obstacle = listing.obstacles.get(kubernetes_job.name)
    if obstacle and _is_hopeless(obstacle, ports):
        return _give_up(job, kubernetes_job, pending, obstacle, ports)
    attempt(partial(_show, job, kubernetes_job, obstacle, ports), f"progress of {kubernetes_job.name}", problems)
    if obstacle and obstacle.work_is_done:
        attempt(partial(_note, job, pending, obstacle, ports), f"note on {kubernetes_job.name}", problems)
    deadline = kubernetes_job.deadline_at
    if deadline and deadline - ports.clock.now() < LOG_LEAD_TIME:
        _save_logs(job, place, pending, problems, ports)
    return _keep_alive(pending, ports)


def _keep_alive(pending: PendingStep, ports: Ports) -> str:
    return "alive" if ports.executions.heartbeat(pending.task_token) else "not awaited"


def _is_hopeless(obstacle: Obstacle, ports: Ports) -> bool:
    if obstacle.never_passes:
        return True
    return not obstacle.may_pass and obstacle.since is not None and ports.clock.now() - obstacle.since >= MAX_WAIT


def _give_up(
    job: RetrainingJob, kubernetes_job: ClusterJob, pending: PendingStep, obstacle: Obstacle, ports: Ports
) -> str:
    """End a Job that would only wait for its deadline; it is deleted last, so it is an orphan if we die in between."""
    waited = "" if obstacle.never_passes else f", for at least {MAX_WAIT // timedelta(minutes=1)} minutes"
    done = _end_failed(job, pending, f"{obstacle.reason}{waited}", ports)
    ports.cluster.delete_job(kubernetes_job)
    return done


def _fail(job: RetrainingJob, place: Place, pending: PendingStep, problems: list[str], ports: Ports) -> str:
    # The log is saved first: once the execution goes on, the Kubernetes Job may be gone.
    _save_logs(job, place, pending, problems, ports)
    kubernetes_job, order = place
    explain = partial(ports.cluster.explain_failure, kubernetes_job, order)
    explanation = attempt(explain, f"explanation of {kubernetes_job.name}", problems)
    reasons = [explanation or f"Kubernetes Job '{kubernetes_job.name}' failed"]
    if kubernetes_job.reason == _DEADLINE_EXCEEDED:
        reasons.append(
            attempt(partial(_read_note, job, pending, ports), f"note on {kubernetes_job.name}", problems) or ""
        )
    return _end_failed(job, pending, "; ".join(filter(None, reasons)), ports)


def _end_failed(job: RetrainingJob, pending: PendingStep, reason: str, ports: Ports) -> str:
    fail = partial(ports.executions.fail, pending.task_token, "TrainingFailed", reason)
    return _end(job, pending, "failed", fail, ports)


def _end(
    job: RetrainingJob,
    pending: PendingStep,
    outcome: Literal["succeeded", "failed"],
    answer_token: Callable[[], None],
    ports: Ports,
) -> str:
    """The audit chain comes first: once the execution goes on, nobody looks at this step again."""
    now = ports.clock.now()
    seconds = round((now - pending.since).total_seconds())
    fact = StepEnded(
        model_name=job.model_name, job_id=job.job_id, at=now, step=pending.kind, outcome=outcome, seconds=seconds
    )
    ports.audit.append(fact)
    answer_token()
    record(fact, ports)
    trace_step(job, pending, failed=outcome == "failed", ports=ports)
    return outcome


def _show(job: RetrainingJob, kubernetes_job: ClusterJob, obstacle: Obstacle | None, ports: Ports) -> None:
    """Show people what the job waits for, if that has changed since the last pass.

    While a step is awaited, hardly anyone else writes the record. Whoever does wins: they run again on the newer one,
    and we come back in the next pass.
    """
    waits_for = obstacle.reason if obstacle else suspension_of(kubernetes_job)
    is_known = waits_for is not None or kubernetes_job.ready_pods > 0
    if is_known and waits_for != job.waits_for:
        with suppress(JobConflict):
            ports.jobs.save(job.held_up_by(waits_for))


def _note(job: RetrainingJob, pending: PendingStep, obstacle: Obstacle, ports: Ports) -> None:
    """Note what keeps a step from ending: at its deadline the pod is gone, and nothing else would show it."""
    ports.data.write(note_key(job.job_id, pending.kind), obstacle.reason.encode())


def _read_note(job: RetrainingJob, pending: PendingStep, ports: Ports) -> str:
    try:
        return ports.data.read(ports.data.uri(note_key(job.job_id, pending.kind))).decode()
    except ArtifactMissing:
        return ""


def _save_logs(job: RetrainingJob, place: Place, pending: PendingStep, problems: list[str], ports: Ports) -> None:
    """The log of a step, or of each of its variants."""
    kubernetes_job, order = place
    if order is not None or kubernetes_job.orders is None:
        logs = {log_key(job.job_id, pending.kind, None): order}
    else:
        logs = {log_key(job.job_id, pending.kind, number): number for number in range(kubernetes_job.orders)}
    for key, order in logs.items():
        attempt(partial(_save_log, key, kubernetes_job, order, ports), f"log of {kubernetes_job.name}", problems)


def _save_log(key: str, kubernetes_job: ClusterJob, order: int | None, ports: Ports) -> str:
    log = ports.cluster.log_tail(kubernetes_job, LOG_LINES, order)
    # A log that is gone must not replace one that was saved before the deadline.
    return ports.data.write(key, log.encode()) if log else ""

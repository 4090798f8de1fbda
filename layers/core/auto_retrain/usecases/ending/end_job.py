"""The end of a job: which one it is, and what is said about it."""

from typing import NamedTuple

from ...domain.job import RetrainingJob, RetrainingStatus
from ...domain.messages import EventKind
from ...domain.model_state import ModelState
from ...domain.names import execution_name
from ...domain.validation import Decision
from ...ports import Ports
from ..announcing import announce, announce_model


class Failure(NamedTuple):
    """Why an execution did not come to a regular end."""

    error: str
    reason: str


def end_job(job: RetrainingJob, failure: Failure | None, ports: Ports) -> RetrainingJob:
    """Store the job in its terminal status and give the lease back.

    What was deployed stays deployed, whatever failed after it; a job that neither deployed nor said no has failed.
    """
    now = ports.clock.now()
    if failure is None and job.skipped:
        return ports.jobs.close_job(job.moved_to(RetrainingStatus.COMPLETED, completed_at=now), retrained=False)
    if job.deployed or (failure is None and _said_no(job)):
        completed = job.moved_to(RetrainingStatus.COMPLETED, completed_at=now, pending=None)
        rejected = _rejected_in_a_row(job, ports)
        return ports.jobs.close_job(completed, retrained=True, rejected_in_a_row=rejected)
    failure = failure or Failure("Unfinished", "the execution ended before the challenger was deployed")
    error = f"{failure.error}: {failure.reason}"
    failed = job.moved_to(RetrainingStatus.FAILED, completed_at=now, pending=None, error=error)
    return ports.jobs.close_job(failed, retrained=False)


def _rejected_in_a_row(job: RetrainingJob, ports: Ports) -> int | None:
    if job.deployed:
        return 0
    if not job.trigger_type.backs_off:
        return None
    return ports.jobs.model_state(job.model_name).rejected_in_a_row + 1


def follow_up(job: RetrainingJob, ports: Ports) -> None:
    """Tell what became of a job that has ended, and let those triggers begin again that waited for its end."""
    announce(_event_kind(job), sentence_on(job), job, ports)
    if job.trigger_type.backs_off and not job.deployed and not job.skipped:
        _escalate(job, ports.jobs.model_state(job.model_name), ports)
    for waiting in ports.jobs.waiting(job.model_name):
        request = waiting.request
        name = execution_name(job.model_name, request.trigger_type.value, f"{waiting.key} after {job.job_id}")
        ports.executions.start(name, request.model_dump(mode="json", exclude_none=True))
        ports.jobs.stop_waiting(waiting)


def _escalate(job: RetrainingJob, state: ModelState, ports: Ports) -> None:
    applied = ports.policies.get(job.model_name)
    if applied is None or state.rejected_in_a_row < applied.policy.triggers.escalate_after:
        return
    text = (
        f"{job.model_name}: {state.rejected_in_a_row} challengers in a row were rejected although triggers call for "
        f"a new model; {applied.policy.owner}, please look at the data and the trainer. Last: {sentence_on(job)}"
    )
    announce_model("escalated", f"{job.job_id}-escalated", job.model_name, text, ports)


def sentence_on(job: RetrainingJob) -> str:
    """How the job ended, in one sentence for people."""
    what = f"{job.model_name} version {job.challenger_version}"
    if job.deployed:
        return f"{what} serves now; before: {job.champion_version or 'none'}"
    if job.status is RetrainingStatus.COMPLETED and job.skipped:
        return f"{job.model_name} was {job.skipped}"
    if job.status is not RetrainingStatus.COMPLETED or job.validation is None:
        return f"Retraining {job.model_name} failed: {job.error}"
    if job.review and _was_declined(job):
        return f"{what} was not deployed: {job.review.actor} declined it: {job.review.reason}"
    return f"{what} was not deployed ({job.validation.decision.value}): {job.validation.reason}"


def _said_no(job: RetrainingJob) -> bool:
    return job.validation is not None and (not job.validation.is_valid or _was_declined(job))


def _was_declined(job: RetrainingJob) -> bool:
    return job.review is not None and not job.review.approved


def _event_kind(job: RetrainingJob) -> EventKind:
    if job.deployed:
        return "deployed"
    if job.status is RetrainingStatus.COMPLETED and job.skipped:
        return "skipped"
    if job.status is not RetrainingStatus.COMPLETED or job.validation is None:
        return "failed"
    if _was_declined(job):
        return "declined"
    return "rejected" if job.validation.decision is Decision.REJECT else "inconclusive"

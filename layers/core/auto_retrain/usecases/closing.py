"""The end of a job: which one it is, and what is said about it."""

from typing import Literal, NamedTuple

from ..domain.job import RetrainingJob, RetrainingStatus
from ..domain.validation import Decision
from ..ports import Ports
from .announcing import announce


class Failure(NamedTuple):
    """Why an execution did not come to a regular end."""

    error: str
    reason: str


def end_job(job: RetrainingJob, failure: Failure | None, ports: Ports) -> RetrainingJob:
    """Store the job in its terminal status and give the lease back.

    What was deployed stays deployed, whatever failed after it; a job that neither deployed nor said no has failed.
    """
    now = ports.clock.now()
    if job.deployed or (failure is None and _said_no(job)):
        completed = job.moved_to(RetrainingStatus.COMPLETED, completed_at=now, pending=None)
        return ports.jobs.close_job(completed, retrained=True)
    failure = failure or Failure("Unfinished", "the execution ended before the challenger was deployed")
    error = f"{failure.error}: {failure.reason}"
    failed = job.moved_to(RetrainingStatus.FAILED, completed_at=now, pending=None, error=error)
    return ports.jobs.close_job(failed, retrained=False)


def announce_ending(job: RetrainingJob, ports: Ports) -> None:
    """Tell what became of a job that has ended."""
    announce(_event_kind(job), sentence_on(job), job, ports)


def sentence_on(job: RetrainingJob) -> str:
    """How the job ended, in one sentence for people."""
    what = f"{job.model_name} version {job.challenger_version}"
    if job.deployed:
        return f"{what} serves now; before: {job.champion_version or 'none'}"
    if job.status is not RetrainingStatus.COMPLETED or job.validation is None:
        return f"Retraining {job.model_name} failed: {job.error}"
    return f"{what} was not deployed ({job.validation.decision.value}): {job.validation.reason}"


def _said_no(job: RetrainingJob) -> bool:
    return job.validation is not None and not job.validation.is_valid


def _event_kind(job: RetrainingJob) -> Literal["deployed", "rejected", "inconclusive", "failed"]:
    if job.deployed:
        return "deployed"
    if job.status is not RetrainingStatus.COMPLETED or job.validation is None:
        return "failed"
    return "rejected" if job.validation.decision is Decision.REJECT else "inconclusive"

"""Ends a job: determines its ending, stores it and announces it."""

from typing import NamedTuple

from ...domain.ending import Ending
from ...domain.facts.ending import JobEnded, RejectionsEscalated
from ...domain.job import RetrainingJob
from ...domain.model_state import ModelState
from ...domain.names import execution_name
from ...domain.validation import Decision
from ...ports import Ports
from ..audit.record import announce

# The cause of a failed state may have 32,768 characters.
MAX_ERROR_LENGTH = 4000


class Failure(NamedTuple):
    """Why an execution did not end normally."""

    error: str
    reason: str


def end_job(job: RetrainingJob, failure: Failure | None, ports: Ports) -> RetrainingJob:
    """Store the job in its terminal status and release its lease.

    A deployed version stays deployed whatever fails afterwards; a job without a deployment or a decision has failed.
    """
    ending = _ending_of(job, failure)
    error = None
    if ending is Ending.FAILED:
        failure = failure or Failure("Unfinished", "the execution ended before the challenger was deployed")
        error = f"{failure.error}: {failure.reason}"[:MAX_ERROR_LENGTH]
    ended = job.ended(ending, ports.clock.now(), error)
    rejected = _rejected_in_a_row(job, ending, ports)
    return ports.jobs.close_job(ended, retrained=ending.is_retraining, rejected_in_a_row=rejected)


def _ending_of(job: RetrainingJob, failure: Failure | None) -> Ending:
    if job.deployed:
        return Ending.PROMOTED
    if failure:
        return Ending.FAILED
    if job.skipped:
        return Ending.SKIPPED
    if job.validation is None:
        return Ending.FAILED
    if job.was_declined:
        return Ending.DECLINED
    endings = {Decision.REJECT: Ending.REJECTED, Decision.INCONCLUSIVE: Ending.INCONCLUSIVE}
    return endings.get(job.validation.decision, Ending.FAILED)


def _rejected_in_a_row(job: RetrainingJob, ending: Ending, ports: Ports) -> int | None:
    """How many challengers in a row were not deployed, including this one; None leaves the count unchanged."""
    if ending is Ending.PROMOTED:
        return 0
    if not ending.is_retraining or not _backs_off(job):
        return None
    return ports.states.get(job.model_name).rejected_in_a_row + 1


def _backs_off(job: RetrainingJob) -> bool:
    # Imported here: the watcher ends a job only now and then, and triggers bring the whole policy with them.
    from ...triggers import trigger_of

    trigger = trigger_of(job.trigger_type)
    return trigger is not None and trigger.backs_off


def follow_up(job: RetrainingJob, ports: Ports) -> None:
    """Announce how a job ended, and restart the triggers that waited for its end."""
    fact = JobEnded(
        model_name=job.model_name,
        job_id=job.job_id,
        at=ports.clock.now(),
        ending=job.ending or Ending.FAILED,
        status=job.status,
        version=job.challenger_version,
        summary=job.summary(),
    )
    announce(fact, ports)
    if _backs_off(job) and job.ending not in (Ending.PROMOTED, Ending.SKIPPED):
        _escalate(job, ports.states.get(job.model_name), ports)
    for waiting in ports.waiting.of(job.model_name):
        request = waiting.request
        name = execution_name(job.model_name, request.trigger_type.value, f"{waiting.key} after {job.job_id}")
        ports.executions.start(name, request.model_dump(mode="json", exclude_none=True))
        ports.waiting.remove(waiting)


def _escalate(job: RetrainingJob, state: ModelState, ports: Ports) -> None:
    applied = ports.policies.get(job.model_name)
    if applied is None or state.rejected_in_a_row < applied.policy.triggers.escalate_after:
        return
    fact = RejectionsEscalated(
        model_name=job.model_name,
        job_id=job.job_id,
        at=ports.clock.now(),
        in_a_row=state.rejected_in_a_row,
        owner=applied.policy.owner,
        last=job.summary(),
    )
    announce(fact, ports)

"""Ends a job: determines its ending, stores it and announces it."""

import logging
from collections.abc import Mapping
from typing import NamedTuple

from ...domain.ending import Ending
from ...domain.errors import AutoRetrainError
from ...domain.facts.ending import JobEnded
from ...domain.job import RetrainingJob
from ...domain.model_state import RejectedJob, Rejections
from ...domain.names import execution_name, job_id
from ...domain.people import SYSTEM_ACTOR
from ...domain.receipt import priced
from ...domain.trigger_type import TriggerType
from ...domain.validation import Decision
from ...domain.waiting_trigger import WaitingTrigger
from ...ports import Ports
from ..audit.record import announce
from ..promoting.compare_serving import compare_serving
from ..reporting.job_page import publish_job_page
from ..rolling_out.take_back import abort_rollout
from .escalate import escalate_rejections, escalate_skips

_LOG = logging.getLogger(__name__)

# A cause of Step Functions may have 32,768 characters; the record of a job has other things to hold.
MAX_ERROR_LENGTH = 4_000
_NOT_PROMOTED = (Ending.REJECTED, Ending.INCONCLUSIVE, Ending.DECLINED)


class Failure(NamedTuple):
    """Why an execution did not end normally."""

    error: str
    reason: str


def end_job(job: RetrainingJob, failure: Failure | None, ports: Ports) -> RetrainingJob:
    """Store the job in its terminal status and release its lease.

    A rollout that is still under way is taken back first. A deployed version stays deployed whatever fails afterwards;
    a job without a deployment or a decision has failed.
    """
    unfinished = failure or Failure("Unfinished", "the execution ended before the challenger was deployed")
    error: str | None = f"{unfinished.error}: {unfinished.reason}"
    if ports.ledger.serving(job.model_name).rollout_of_job(job.job_id):
        abort_rollout(job.model_name, job.job_id, SYSTEM_ACTOR, error or "", ports)
    over = ports.ledger.serving(job.model_name).ending_of_job(job.job_id)
    ending = Ending.ROLLED_BACK if over and over.outcome != "promoted" else _ending_of(job, failure)
    if ending is Ending.ROLLED_BACK and over:
        error = over.reason
    error = error[:MAX_ERROR_LENGTH] if error and ending in (Ending.FAILED, Ending.ROLLED_BACK) else None
    return end_as(job, ending, error, ports)


def end_as(job: RetrainingJob, ending: Ending, error: str | None, ports: Ports) -> RetrainingJob:
    """Store the job with this ending, and what its model's state says after it."""
    ended = job.ended(ending, ports.clock.now(), error)
    ended = ended.charged(priced(ended, ports.prices.current()))
    rejections = _rejections(job, ending, ports)
    retrained = ending.is_retraining or answers_schedule(job, ending)
    return ports.jobs.close_job(ended, _ended_fact(ended), retrained=retrained, rejections=rejections)


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


def answers_schedule(job: RetrainingJob, ending: Ending) -> bool:
    """Whether a skipped job settles its schedule: tomorrow it would get the same forecast, unless it counted rows."""
    is_forecast = job.data_check is not None and job.data_check.power.basis != "rows"
    return ending is Ending.SKIPPED and job.trigger_type is TriggerType.SCHEDULED and is_forecast


def _rejections(job: RetrainingJob, ending: Ending, ports: Ports) -> Mapping[TriggerType, Rejections] | None:
    """Challengers in a row that were not promoted, including this one; None leaves them unchanged."""
    if ending is Ending.PROMOTED:
        return {}
    if not counts_as_rejected(job, ending):
        return None
    return ports.states.get(job.model_name).rejections_with(job.trigger_type, rejected_job(job, ending))


def rejected_job(job: RetrainingJob, ending: Ending | None) -> RejectedJob:
    """What the state of the model keeps of a job that counts as rejected."""
    return RejectedJob(job_id=job.job_id, at=job.event_time, trained=ending is not Ending.SKIPPED)


def counts_as_rejected(job: RetrainingJob, ending: Ending | None) -> bool:
    """Whether a challenger was not promoted although a trigger asks on, or was taken back from real requests.

    One that was not even trained, because a proxy shows that it would not be promoted, counts like the others, so that
    the next proxy waits as they do. Gates that reject what a schedule or a person asked for are an answer. A challenger
    that passes them and then fails on real requests is none: the next one may do the same to the same people.
    """
    if ending is Ending.ROLLED_BACK:
        return True
    is_refused = ending is Ending.SKIPPED and job.proxy is not None and job.proxy.refused is not None
    return (ending in _NOT_PROMOTED or is_refused) and _backs_off(job)


def _backs_off(job: RetrainingJob) -> bool:
    # Imported here: the watcher ends a job only now and then, and triggers bring the whole policy with them.
    from ...triggers import backs_off

    return backs_off(job.trigger_type)


def follow_up(job: RetrainingJob, ports: Ports) -> None:
    """Announce how a job ended, restart the triggers that waited for its end, compare what serves, and store its page.

    Then the job is marked as announced. Whoever closed it may have died before, or the event bus may be away: until the
    job is marked, the watcher does this again. Repeated, it notifies nobody twice and starts nothing twice.
    """
    announced = _announce_end(job, ports)
    _restart_waiting(job, ports)
    _compare(job, ports)
    published = publish_job_page(job, ports)
    if announced and published and not job.announced:
        ports.jobs.save(job.after_announcement())


def _compare(job: RetrainingJob, ports: Ports) -> None:
    """A job ends as it does even if the registry is away."""
    try:
        compare_serving(job, ports)
    except AutoRetrainError as error:
        _LOG.error("what serves %s was not compared with its record: %s", job.model_name, error)


def _announce_end(job: RetrainingJob, ports: Ports) -> bool:
    fact = _ended_fact(job)
    if job.taken_back_at:
        # Its end was recorded as a promotion; that it is announced as something else is a fact of its own.
        ports.audit.append(fact)
    announced = announce(fact, ports)
    if job.ending is Ending.SKIPPED:
        return escalate_skips(job, ports) and announced
    if counts_as_rejected(job, job.ending):
        return escalate_rejections(job, ports) and announced
    return announced


def _ended_fact(job: RetrainingJob) -> JobEnded:
    assert job.completed_at is not None
    return JobEnded(
        model_name=job.model_name,
        job_id=job.job_id,
        at=job.completed_at,
        ending=job.ending or Ending.FAILED,
        status=job.status,
        version=job.challenger_version,
        summary=job.summary(),
        cost=job.cost,
        forecast=job.forecast,
    )


def _restart_waiting(job: RetrainingJob, ports: Ports) -> None:
    for waiting in ports.waiting.of(job.model_name):
        if ports.jobs.get(job_id(job.model_name, waiting.execution_arn)):
            # It became a job, although nobody lived to remove it.
            ports.waiting.remove(waiting)
        else:
            _restart(waiting, ports)


def _restart(waiting: WaitingTrigger, ports: Ports) -> None:
    """Start an execution for a trigger that waited, once, whichever job's end it is that finds it waiting."""
    request = waiting.request
    name = execution_name(request.model_name, request.trigger_type.value, f"waited as {waiting.execution_arn}")
    # Its own execution may go on instead, if it saw that the job has ended.
    if ports.waiting.claim(waiting, name):
        ports.executions.start(name, request.model_dump(mode="json", exclude_none=True))
        ports.waiting.remove(waiting)

"""A person's review of a challenger: accepted once, and passed on to the execution that waits for it."""

from datetime import timedelta

from ...domain.errors import ReviewRefused
from ...domain.facts.promoting import ReviewGiven
from ...domain.job import REVIEW_TIME, RetrainingJob, Review
from ...domain.messages.promoting import ReviewOutcome
from ...domain.people import SYSTEM_ACTOR, check_person
from ...domain.status import RetrainingStatus
from ...ports import Ports
from ..audit.record import record
from ..lookup import job_of, named_job


def review_challenger(job_id: str, approved: bool, actor: str, reason: str | None, ports: Ports) -> RetrainingJob:
    """Approve or decline a challenger; repeating the same decision changes nothing.

    Raises:
        JobUnknown: there is no such job.
        ReviewRefused: it does not wait for a review, or the opposite was already decided.
        EventInvalid: the actor or the reason cannot be recorded.
        JobConflict: its record was changed at the same moment.
    """
    check_person(actor, reason)
    return _decide(named_job(job_id, ports), approved, actor, reason, ports)


def _decide(job: RetrainingJob, approved: bool, actor: str, reason: str | None, ports: Ports) -> RetrainingJob:
    if job.review and job.review.approved is not approved:
        decision = "approved" if job.review.approved else "declined"
        raise ReviewRefused(
            f"job '{job.job_id}' was already {decision} by {job.review.actor} at {job.review.at:%F %T} UTC"
        )
    if job.review is None:
        job = _review(job, approved, actor, reason, ports)
    _answer(job, ports)
    return job


def attend_review(job: RetrainingJob, ports: Ports) -> str:
    """Keep an execution waiting for its review, pass on a review that did not reach it, decline one that is overdue."""
    assert job.pending_review is not None
    if job.review:
        _answer(job, ports)
        return "succeeded"
    if ports.clock.now() >= job.pending_review.until:
        hours = REVIEW_TIME // timedelta(hours=1)
        _decide(job_of(job.job_id, ports), False, SYSTEM_ACTOR, f"nobody reviewed it within {hours} hours", ports)
        return "succeeded"
    return "alive" if ports.executions.heartbeat(job.pending_review.task_token) else "not awaited"


def awaits_review(job: RetrainingJob) -> bool:
    """Whether an execution waits for a review of this job."""
    return job.status is RetrainingStatus.VALIDATION and job.pending_review is not None


def _review(job: RetrainingJob, approved: bool, actor: str, reason: str | None, ports: Ports) -> RetrainingJob:
    if not awaits_review(job) or job.validation is None:
        raise ReviewRefused(f"job '{job.job_id}' does not wait for a review: its status is {job.status.value}")
    review = Review(
        approved=approved,
        actor=actor,
        reason=reason,
        validation_hash=job.validation.validation_hash,
        at=ports.clock.now(),
    )
    fact = ReviewGiven(
        model_name=job.model_name,
        job_id=job.job_id,
        actor=actor,
        at=review.at,
        approved=approved,
        reason=reason,
    )
    reviewed = ports.jobs.save(job.reviewed(review), fact)
    record(fact, ports)
    return reviewed


def _answer(job: RetrainingJob, ports: Ports) -> None:
    """Wake the execution, unless it has already moved on."""
    if job.pending_review and job.review and awaits_review(job):
        outcome = ReviewOutcome(next="deploy" if job.review.approved else "close")
        ports.executions.succeed(job.pending_review.task_token, outcome.model_dump())

"""A person's word on a challenger: taken once, and handed to the execution that waits for it."""

from datetime import timedelta

from ...domain.errors import ReviewRefused
from ...domain.facts import ReviewGiven
from ...domain.job import REVIEW_TIME, RetrainingJob, Review
from ...domain.messages import ReviewOutcome
from ...domain.status import RetrainingStatus
from ...ports import Ports
from ..lookup import job_of
from ..record import record

NOBODY = "auto-retrain"


def review_challenger(job_id: str, approved: bool, actor: str, reason: str | None, ports: Ports) -> RetrainingJob:
    """Approve a challenger, or decline it; the same said again changes nothing.

    Raises:
        JobUnknown: the job is not there.
        ReviewRefused: it does not wait for a review, or another word has been given already.
        JobConflict: its record changed this moment.
    """
    job = job_of(job_id, ports)
    if job.review and job.review.approved is not approved:
        word = "approved" if job.review.approved else "declined"
        raise ReviewRefused(f"job '{job_id}' was {word} by {job.review.actor} at {job.review.at:%F %T} UTC already")
    if job.review is None:
        job = _review(job, approved, actor, reason, ports)
    _answer(job, ports)
    return job


def attend_review(job: RetrainingJob, ports: Ports) -> str:
    """Keep an execution waiting for its review, pass on a word that did not reach it, end what waited too long."""
    assert job.pending_review is not None
    if job.review:
        _answer(job, ports)
        return "succeeded"
    if ports.clock.now() >= job.pending_review.until:
        hours = REVIEW_TIME // timedelta(hours=1)
        review_challenger(job.job_id, False, NOBODY, f"nobody reviewed it within {hours} hours", ports)
        return "succeeded"
    return "alive" if ports.executions.heartbeat(job.pending_review.task_token) else "not awaited"


def awaits_review(job: RetrainingJob) -> bool:
    """Whether an execution waits for a person's word on this job."""
    return job.status is RetrainingStatus.VALIDATION and job.pending_review is not None


def _review(job: RetrainingJob, approved: bool, actor: str, reason: str | None, ports: Ports) -> RetrainingJob:
    if not awaits_review(job) or job.validation is None:
        raise ReviewRefused(f"job '{job.job_id}' does not wait for a review: it is {job.status.value}")
    review = Review(
        approved=approved,
        actor=actor,
        reason=reason,
        validation_hash=job.validation.validation_hash,
        at=ports.clock.now(),
    )
    reviewed = ports.jobs.save(job.reviewed(review))
    fact = ReviewGiven(
        model_name=job.model_name,
        job_id=job.job_id,
        actor=actor,
        at=review.at,
        approved=approved,
        reason=reason,
    )
    record(fact)
    return reviewed


def _answer(job: RetrainingJob, ports: Ports) -> None:
    """Wake the execution; one that went on already does not listen any more."""
    if job.pending_review and job.review and awaits_review(job):
        outcome = ReviewOutcome(next="deploy" if job.review.approved else "close")
        ports.executions.succeed(job.pending_review.task_token, outcome.model_dump())

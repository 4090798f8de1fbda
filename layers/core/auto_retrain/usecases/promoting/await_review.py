"""Lets a person decide on a challenger that passed every gate, where that was asked for."""

from ...domain.errors import PromotionRefused
from ...domain.job import PendingReview
from ...domain.messages import ReviewOrder, ReviewRequested
from ...ports import Ports
from ..announcing import announce
from ..lookup import job_of


def await_review(order: ReviewOrder, ports: Ports) -> ReviewRequested:
    """Remember the token to answer and tell people; done again, it only renews the token.

    Raises:
        JobUnknown: the job is not there.
        PromotionRefused: the challenger did not pass, so there is nothing to review.
    """
    job = job_of(order.job_id, ports)
    result = job.validation
    if result is None or not result.is_valid:
        raise PromotionRefused(f"job '{job.job_id}' has no validation that says promote")
    since = job.pending_review.since if job.pending_review else ports.clock.now()
    pending = PendingReview(task_token=order.task_token, since=since)
    # The Kubernetes Job of the last step ends before a person comes; nobody has to look for it any more.
    ports.jobs.save(job.awaiting_review(pending))
    what = f"{job.model_name} version {result.inputs.challenger_version}"
    told = f"{what} waits for a review until {pending.until:%F %H:%M} UTC: {result.reason}. "
    how = f"Approve it with 'auto-retrain approve {job.job_id}', or decline it"
    announce("review", told + how, job, ports)
    return ReviewRequested(job_id=job.job_id, until=pending.until)

"""Lets a person decide on a challenger that passed every gate, where that was asked for."""

from ...domain import facts
from ...domain.errors import PromotionRefused
from ...domain.job import PendingReview
from ...domain.messages import ReviewOrder, ReviewRequested
from ...ports import Ports
from ..lookup import job_of
from ..record import announce


def await_review(order: ReviewOrder, ports: Ports) -> ReviewRequested:
    """Remember the token to answer and notify people; done again, it only renews the token.

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
    fact = facts.ReviewRequested(
        model_name=job.model_name,
        job_id=job.job_id,
        at=ports.clock.now(),
        version=result.inputs.challenger_version,
        until=pending.until,
        reason=result.reason,
    )
    announce(fact, ports)
    return ReviewRequested(job_id=job.job_id, until=pending.until)

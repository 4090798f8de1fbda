"""Asks for a review of a challenger that passed every gate, if the job requires one."""

from ...domain.errors import PromotionRefused
from ...domain.facts.promoting import ReviewRequested
from ...domain.job import PendingReview
from ...domain.messages.promoting import ReviewOrder, ReviewStarted
from ...ports import Ports
from ..audit.record import announce
from ..lookup import job_of


def await_review(order: ReviewOrder, ports: Ports) -> ReviewStarted:
    """Save the task token and notify people; repeating it only renews the token.

    Raises:
        JobUnknown: there is no such job.
        PromotionRefused: the challenger did not pass, so there is nothing to review.
    """
    job = job_of(order.job_id, ports)
    result = job.validation
    if result is None or not result.is_valid:
        raise PromotionRefused(f"job '{job.job_id}' has no validation with the decision 'promote'")
    since = job.pending_review.since if job.pending_review else ports.clock.now()
    pending = PendingReview(task_token=order.task_token, since=since)
    fact = ReviewRequested(
        model_name=job.model_name,
        job_id=job.job_id,
        at=ports.clock.now(),
        version=result.inputs.challenger_version,
        until=pending.until,
        reason=result.reason,
    )
    # This also clears the last step: its Kubernetes Job is deleted long before a person decides.
    ports.jobs.save(job.awaiting_review(pending), fact)
    announce(fact, ports)
    return ReviewStarted(job_id=job.job_id, until=pending.until)

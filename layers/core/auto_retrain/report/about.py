"""What a page about a job says first: who owns the model, how long it took, its image, and what a person may do."""

from collections.abc import Iterator

from ..domain.durations import in_words
from ..domain.job import RetrainingJob
from ..domain.policy.policy import Policy
from .html import definitions, text


def about_job(job: RetrainingJob, policy: Policy | None) -> str:
    return definitions(*_about(job, policy))


def _about(job: RetrainingJob, policy: Policy | None) -> Iterator[tuple[str, str]]:
    if policy:
        yield "owner", text(policy.owner)
    if job.completed_at:
        yield "took", in_words(job.completed_at - job.created_at)
    if job.image:
        yield "image", f"<code>{text(job.image)}</code>"
    if _is_to_review(job):
        until = f" until {job.pending_review.until:%F %R} UTC" if job.pending_review else ""
        yield f"to approve it{until}", f"<code>auto-retrain approve {text(job.job_id)}</code>"
        yield "to decline it", f"<code>auto-retrain decline {text(job.job_id)} --reason TEXT</code>"


def _is_to_review(job: RetrainingJob) -> bool:
    is_asked = job.pending_review is not None or (job.needs_review and job.validation is not None)
    is_good = job.validation is None or job.validation.is_valid
    return is_asked and is_good and job.review is None and job.ending is None

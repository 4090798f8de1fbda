"""The lease of a model: only the job that holds it may change what serves."""

from .base import UtcTime
from .errors import PromotionRefused
from .job import RetrainingJob
from .model_state import ModelState


def check_lease(job: RetrainingJob, state: ModelState, now: UtcTime) -> None:
    """Raise PromotionRefused unless a job has not ended and holds the lease of its model."""
    name, model = f"job '{job.job_id}'", f"the lease of '{job.model_name}'"
    if job.status.is_terminal:
        raise PromotionRefused(f"{name} is {job.status.value} and has given back {model}, so it deploys nothing")
    if state.owner_at(now) != job.job_id:
        raise PromotionRefused(f"{name} no longer holds {model}, so it deploys nothing: {_whereabouts(job, state)}")


def _whereabouts(job: RetrainingJob, state: ModelState) -> str:
    if state.active_job is None or state.lease_expires_at is None:
        return "it was given back"
    if state.active_job != job.job_id:
        return f"job '{state.active_job}' has taken it"
    return f"it expired at {state.lease_expires_at:%F %T} UTC"

"""What became of the rollout of a job."""

from ...domain.job import RetrainingJob
from ...domain.serving import RolloutEnding
from ...ports import Ports


def is_rolling_out(job: RetrainingJob, ports: Ports) -> bool:
    """Whether the rollout of a job is under way."""
    rollout = ports.ledger.serving(job.model_name).rollout
    return rollout is not None and rollout.job_id == job.job_id


def ended_rollout(job: RetrainingJob, ports: Ports) -> RolloutEnding | None:
    """How the rollout of a job has ended, if it has."""
    ended = ports.ledger.serving(job.model_name).ended
    return ended if ended and ended.job_id == job.job_id else None

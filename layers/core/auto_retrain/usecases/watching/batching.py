"""Gives parked orders of small models a Kubernetes Job, many of them together."""

from collections.abc import Iterable

from ...domain.batch import Batch, batches
from ...domain.errors import PermanentError
from ...domain.job import RetrainingJob
from ...ports import Ports
from .answer_token import Seen


def gather(active: Iterable[RetrainingJob], seen: Seen) -> list[tuple[Batch, list[RetrainingJob]]]:
    """Batches of what is parked and in no batch yet, with the jobs whose orders they are."""
    waiting = {job.job_id: job for job in active if job.pending and job.pending.parked and seen.place_of(job) is None}
    parked = [job.pending.parked for job in waiting.values() if job.pending and job.pending.parked]
    return [(batch, [waiting[found.order.job_id] for found in batch.parked]) for batch in batches(parked)]


def start_batch(batch: Batch, jobs: Iterable[RetrainingJob], ports: Ports) -> str:
    """Start one Kubernetes Job for all; what the cluster refuses for good fails their executions at once."""
    training = batch.parked[0].training
    orders = [found.order for found in batch.parked]
    try:
        ports.cluster.start_indexed_job(batch.name, orders, training, training.pods_at_once)
    except PermanentError as error:
        for job in jobs:
            if job.pending:
                ports.executions.fail(job.pending.task_token, type(error).__name__, str(error))
        return "failed"
    return "batched"

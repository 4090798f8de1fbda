"""Gathers parked orders of small models into batches and starts a Kubernetes Job for each."""

from collections.abc import Iterable

from ...domain.batch import OrderBatch, batches
from ...domain.errors import PermanentError
from ...domain.job import RetrainingJob
from ...domain.order_size import check_size
from ...ports import Ports
from .answer_token import Listing


def gather(active: Iterable[RetrainingJob], listing: Listing) -> list[tuple[OrderBatch, list[RetrainingJob]]]:
    """Batches of the parked orders that are in no batch yet, each with its jobs."""
    waiting = {
        job.job_id: job for job in active if job.pending and job.pending.parked and listing.place_of(job) is None
    }
    orders = [job.pending.parked for job in waiting.values() if job.pending and job.pending.parked]
    return [(batch, [waiting[parked.order.job_id] for parked in batch.parked]) for batch in batches(orders)]


def start_batch(batch: OrderBatch, jobs: Iterable[RetrainingJob], ports: Ports) -> str:
    """Start one Kubernetes Job for all orders; if that can never succeed, fail their executions at once."""
    training = batch.parked[0].training
    orders = [parked.order for parked in batch.parked]
    try:
        check_size(orders)
        ports.cluster.start_indexed_job(batch.name, orders, training, training.pods_at_once)
    except PermanentError as error:
        for job in jobs:
            if job.pending:
                ports.executions.fail(job.pending.task_token, type(error).__name__, str(error))
        return "failed"
    return "batched"

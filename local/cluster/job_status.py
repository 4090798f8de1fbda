"""The status of a Job, composed from what its controller remembers."""

from .indexes import index_status
from .objects import Json
from .store import Job, Store


def write_status(job: Job, store: Store) -> None:
    """Make the present status visible, unless nothing changed."""
    status = compose_status(job)
    if status != job.body["status"]:
        job.body["status"] = status
        store.save_job(job)


def compose_status(job: Job) -> Json:
    live = [pod for pod in job.pods if not pod.counted]
    active = [pod for pod in live if not pod.deleting]
    counts = {"active": len(active), "succeeded": job.succeeded, "failed": job.failed}
    status: Json = {"conditions": list(job.conditions)} if job.conditions else {}
    status |= job.times
    status |= {name: count for name, count in counts.items() if count}
    status["terminating"] = len(live) - len(active)
    status |= index_status(job)
    status["uncountedTerminatedPods"] = {outcome: list(uids) for outcome, uids in job.uncounted.items()}
    status["ready"] = sum(pod.phase == "Running" for pod in active)
    return status


def enter_counts(job: Job) -> None:
    """The second half of counting: ended pods move from the uncounted ones into the counts."""
    job.succeeded += len(job.uncounted.get("succeeded", []))
    job.failed += len(job.uncounted.get("failed", []))
    job.uncounted = {}

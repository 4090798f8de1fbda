"""The end of the logs of a job: from its pods as long as they exist, and as they were kept after that."""

from collections.abc import Iterator
from typing import NamedTuple

from ...domain.cluster import ClusterJob
from ...domain.errors import ArtifactMissing, AutoRetrainError
from ...domain.job import RetrainingJob
from ...domain.names import log_key
from ...ports import MAX_DOCUMENT_BYTES, Ports


class JobLog(NamedTuple):
    """The last lines of one log, and where they are from."""

    source: str
    text: str


def pods_of(job: RetrainingJob, ports: Ports) -> list[ClusterJob]:
    """The Kubernetes Jobs that work or worked for a job, the newest last; raises if the cluster cannot be reached."""
    listed = ports.cluster.list_jobs().jobs
    return sorted((each for each in listed if job.job_id in each.job_ids), key=lambda each: each.created_at)


def job_logs(job: RetrainingJob, lines: int, ports: Ports) -> list[JobLog]:
    """The logs of its pods, or those that were kept when its steps ended; without any, why there are none.

    A cluster that does not answer is no reason to hide what was kept.
    """
    try:
        logs = list(_of_pods(job, lines, ports))
    except AutoRetrainError as error:
        return [*_kept(job, lines, ports)] or [JobLog("cluster", f"the pods cannot be asked: {error}")]
    return logs or [*_kept(job, lines, ports)]


def _of_pods(job: RetrainingJob, lines: int, ports: Ports) -> Iterator[JobLog]:
    for kubernetes_job in pods_of(job, ports):
        # In a batch each job has its own pod; a part of the data has one as well, and so has a variant.
        own = kubernetes_job.orders_of(job.job_id)
        for order in own or (None,):
            log = ports.cluster.log_tail(kubernetes_job, lines, order)
            pod = f", pod {order}" if len(own) > 1 else ""
            if log:
                yield JobLog(f"Kubernetes Job {kubernetes_job.name}{pod}", log)


def _kept(job: RetrainingJob, lines: int, ports: Ports) -> Iterator[JobLog]:
    examining = job.usage.pods.get("check")
    keys = [log_key(job.job_id, "check", part) for part in range(examining.pods if examining else 0)]
    keys += [log_key(job.job_id, "train", number) for number in range(len(job.variants))]
    keys += [log_key(job.job_id, kind, None) for kind in ("proxy", "train", "score")]
    keys += [log_key(job.job_id, "score", part) for part in range(job.holdout_parts) if job.holdout_parts > 1]
    for key in keys:
        uri = ports.data.uri(key)
        try:
            text = ports.data.read(uri, MAX_DOCUMENT_BYTES).decode(errors="replace")
        except ArtifactMissing:
            continue
        yield JobLog(uri, "\n".join(text.splitlines()[-lines:]))

"""What pods that train one model together need to find each other: a headless Service, and variables."""

from ..access.reading import text_at
from ..access.transport import Json

# The default of torch.distributed.
MASTER_PORT = 29500
_INDEX = "metadata.labels['batch.kubernetes.io/job-completion-index']"


def service_name(job_name: str) -> str:
    """The Service of a Job; unlike those of Jobs, names of Services begin with a letter."""
    return f"w-{job_name}"


def worker_variables(job_name: str, workers: int) -> list[Json]:
    """What `torch.distributed` reads: how many there are, which one this is, and where the first one is.

    Pods of an Indexed Job are named after it and their index, below the Service.
    """
    return [
        {"name": "MASTER_ADDR", "value": f"{job_name}-0.{service_name(job_name)}"},
        {"name": "MASTER_PORT", "value": str(MASTER_PORT)},
        {"name": "WORLD_SIZE", "value": str(workers)},
        {"name": "RANK", "valueFrom": {"fieldRef": {"fieldPath": _INDEX}}},
    ]


def service_of(job: Json, labels: Json) -> Json:
    """The body of the Service of a Job that exists; the cluster deletes it with the Job.

    Names of pods are known before the pods are ready, because these wait for each other.
    """
    name = text_at(job, "metadata", "name")
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": name, "uid": text_at(job, "metadata", "uid")}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": service_name(name), "labels": labels, "ownerReferences": [owner]},
        "spec": {
            "clusterIP": "None",
            "publishNotReadyAddresses": True,
            "selector": {"batch.kubernetes.io/job-name": name},
        },
    }

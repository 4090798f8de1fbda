"""Indexed Jobs: which completion index is next, and how sets of them are written."""

from collections.abc import Iterable

from .objects import Json
from .store import Job

INDEX_LABEL = "batch.kubernetes.io/job-completion-index"
INDEX_VARIABLE = "JOB_COMPLETION_INDEX"


def is_indexed(job: Job) -> bool:
    return bool(job.body["spec"]["completionMode"] == "Indexed")


def next_indexes(job: Job) -> list[int]:
    """Indexes that may get a pod now: as many as the parallelism leaves room for."""
    live = {pod.index for pod in job.pods if not pod.counted}
    open_ones = set(range(job.body["spec"]["completions"])) - job.completed - job.failed_indexes
    room = job.body["spec"]["parallelism"] - len(live)
    return sorted(open_ones - live - job.backing_off)[: max(0, room)]


def is_over(job: Job) -> bool:
    """Whether every index has ended."""
    completions: int = job.body["spec"]["completions"]
    return len(job.completed | job.failed_indexes) == completions


def retries_before(job: Job, index: int) -> int:
    """How many retries there have been: of this index where it has a limit of its own, else of the whole Job."""
    counted = "backoffLimitPerIndex" in job.body["spec"]
    return job.index_failures[index] - 1 if counted else job.failed


def note_failure(job: Job, index: int, final: bool) -> bool:
    """Count a failure of an index; True if no retry may follow, because of its limit or because it is final."""
    limit = job.body["spec"].get("backoffLimitPerIndex")
    job.index_failures[index] = job.index_failures.get(index, 0) + 1
    if not final and (limit is None or job.index_failures[index] <= limit):
        return False
    job.failed_indexes.add(index)
    return True


def index_status(job: Job) -> Json:
    """The fields of a Job's status that only Indexed Jobs have."""
    if not is_indexed(job):
        return {}
    fields = {"completedIndexes": written(job.completed)}
    if "backoffLimitPerIndex" in job.body["spec"]:
        fields["failedIndexes"] = written(job.failed_indexes)
    return {name: text for name, text in fields.items() if text}


def written(indexes: Iterable[int]) -> str:
    """Sorted, and runs of three or more as ranges: `0,1,3-5`."""
    runs: list[list[int]] = []
    for index in sorted(indexes):
        if runs and index == runs[-1][-1] + 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    parts = [f"{run[0]}-{run[-1]}" if len(run) > 2 else ",".join(map(str, run)) for run in runs]
    return ",".join(parts)


def give_index(pod: Json, index: int, failures: int) -> None:
    """Put the index into the labels, the annotations and the environment of a pod, as an Indexed Job does."""
    metadata = pod["metadata"]
    metadata["labels"][INDEX_LABEL] = str(index)
    metadata["annotations"] |= {
        INDEX_LABEL: str(index),
        "batch.kubernetes.io/job-index-failure-count": str(failures),
    }
    field = {"apiVersion": "v1", "fieldPath": f"metadata.labels['{INDEX_LABEL}']"}
    for container in [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]:
        variable = {"name": INDEX_VARIABLE, "valueFrom": {"fieldRef": field}}
        container["env"] = [*container.get("env", []), variable]

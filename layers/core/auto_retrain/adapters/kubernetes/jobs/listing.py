"""Reads listed Jobs into the form that the use cases know."""

import re
from collections.abc import Iterator
from datetime import timedelta

from pydantic import TypeAdapter

from ....domain.base import UtcTime
from ....domain.cluster import ClusterJob, ClusterJobPhase
from ..access.transport import Json
from .job_body import JOB_ID_LABEL, KIND_LABEL, MEMBERS_ANNOTATION, PRIORITY_ANNOTATION, QUEUE_LABEL

_ENDS = {"Complete": ClusterJobPhase.COMPLETE, "Failed": ClusterJobPhase.FAILED}
_INDEX_LABEL = "batch.kubernetes.io/job-completion-index"
_MOMENT: TypeAdapter[UtcTime] = TypeAdapter(UtcTime)


def labels_of(body: Json) -> dict[str, str]:
    """Labels of any object."""
    return dict(body["metadata"].get("labels", {}))


def cluster_job_of(job: Json) -> ClusterJob:
    """One of our Jobs, from its listing."""
    metadata, spec, status = job["metadata"], job["spec"], job["status"]
    indexed = spec.get("completionMode") == "Indexed"
    phase, reason = _phase(job)
    started, deadline = status.get("startTime"), spec.get("activeDeadlineSeconds")
    ends_at = _MOMENT.validate_python(started) + timedelta(seconds=deadline) if started and deadline else None
    return ClusterJob(
        name=metadata["name"],
        namespace=metadata["namespace"],
        job_id=labels_of(job)[JOB_ID_LABEL],
        kind=labels_of(job).get(KIND_LABEL, ""),
        phase=phase,
        created_at=metadata["creationTimestamp"],
        started_at=started,
        deadline_at=ends_at,
        deleted_at=metadata.get("deletionTimestamp"),
        ready_pods=status.get("ready", 0),
        pods_at_once=spec.get("parallelism", 1),
        orders=spec["completions"] if indexed else None,
        done=tuple(_indexes(status.get("completedIndexes", ""))),
        failed=tuple(_indexes(status.get("failedIndexes", ""))),
        members=tuple(filter(None, metadata.get("annotations", {}).get(MEMBERS_ANNOTATION, "").split(","))),
        waits_for_us=PRIORITY_ANNOTATION in metadata.get("annotations", {}),
        priority=_priority(metadata.get("annotations", {}).get(PRIORITY_ANNOTATION, "")),
        queue=labels_of(job).get(QUEUE_LABEL),
        reason=reason,
    )


def index_of(pod: Json) -> int | None:
    """The index of the order that a pod carries out, or None if its Job is not an Indexed Job."""
    index = labels_of(pod).get(_INDEX_LABEL)
    return None if index is None else int(index)


def _indexes(text: str) -> Iterator[int]:
    """The numbers in `0,2-4`."""
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def _priority(text: str) -> int:
    # People may edit annotations; an invalid one must not hide the Job.
    return int(text) if re.fullmatch("[0-9]{1,3}", text, re.ASCII) else 0


def _phase(job: Json) -> tuple[ClusterJobPhase, str | None]:
    for condition in job["status"].get("conditions", []):
        # SuccessCriteriaMet and FailureTarget come earlier, while pods may still run, so they are not the end.
        if condition["type"] in _ENDS and condition["status"] == "True":
            return _ENDS[condition["type"]], condition.get("reason")
    suspended = job["spec"].get("suspend", False)
    return ClusterJobPhase.SUSPENDED if suspended else ClusterJobPhase.ACTIVE, None

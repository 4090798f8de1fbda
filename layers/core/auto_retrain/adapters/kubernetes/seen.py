"""What the use cases know of a Job, read from how the cluster shows it."""

import re
from datetime import timedelta

from pydantic import TypeAdapter

from ...domain.base import UtcTime
from ...domain.cluster import ClusterJob, ClusterJobPhase
from .manifest import JOB_ID_LABEL, KIND_LABEL, PRIORITY_ANNOTATION, QUEUE_LABEL
from .transport import Json

_ENDS = {"Complete": ClusterJobPhase.COMPLETE, "Failed": ClusterJobPhase.FAILED}
_MOMENT: TypeAdapter[UtcTime] = TypeAdapter(UtcTime)


def labels_of(found: Json) -> dict[str, str]:
    """Labels of any object."""
    return dict(found["metadata"].get("labels", {}))


def as_seen(job: Json) -> ClusterJob:
    """A listed Job of ours."""
    metadata, spec, status = job["metadata"], job["spec"], job["status"]
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
        waits_for_us=PRIORITY_ANNOTATION in metadata.get("annotations", {}),
        priority=_priority(metadata.get("annotations", {}).get(PRIORITY_ANNOTATION, "")),
        queue=labels_of(job).get(QUEUE_LABEL),
        reason=reason,
    )


def _priority(text: str) -> int:
    # People may edit annotations; one that makes no sense must not hide the Job.
    return int(text) if re.fullmatch("[0-9]{1,3}", text, re.ASCII) else 0


def _phase(job: Json) -> tuple[ClusterJobPhase, str | None]:
    for condition in job["status"].get("conditions", []):
        # SuccessCriteriaMet and FailureTarget come first, while pods may still run: they are not the end.
        if condition["type"] in _ENDS and condition["status"] == "True":
            return _ENDS[condition["type"]], condition.get("reason")
    suspended = job["spec"].get("suspend", False)
    return ClusterJobPhase.SUSPENDED if suspended else ClusterJobPhase.ACTIVE, None

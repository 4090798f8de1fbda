"""Reads listed Jobs into the form that the use cases know."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TypeVar

from ....domain.cluster import ClusterJob, ClusterJobPhase
from ..access.client import RESUMED_ANNOTATION
from ..access.reading import annotations_of, condition_of, labels_of, number_at, text_at, time_at, value_at
from ..access.transport import Json
from .job_body import JOB_ID_LABEL, KIND_LABEL, MEMBERS_ANNOTATION, PRIORITY_ANNOTATION, QUEUE_LABEL, WORKERS_LABEL

_ENDS = {"Complete": ClusterJobPhase.COMPLETE, "Failed": ClusterJobPhase.FAILED}
_INDEX_LABEL = "batch.kubernetes.io/job-completion-index"

Value = TypeVar("Value")


class JobUnreadable(ValueError):
    """A listed Job lacks something that we must know of it; the message says what."""


def cluster_job_of(job: Json, namespace: str) -> ClusterJob:
    """One of our Jobs, from its listing; raises JobUnreadable."""
    annotations, labels = annotations_of(job), labels_of(job)
    workers = _workers(labels.get(WORKERS_LABEL, ""))
    # Pods that train together have one order: none of them has done anything for itself.
    orders, (phase, reason) = None if workers > 1 else _orders(job), _phase(job)
    return ClusterJob(
        name=_given(text_at(job, "metadata", "name"), "metadata.name"),
        namespace=namespace,
        job_id=labels[JOB_ID_LABEL],
        kind=labels.get(KIND_LABEL, ""),
        phase=phase,
        created_at=_given(time_at(job, "metadata", "creationTimestamp"), "metadata.creationTimestamp"),
        started_at=time_at(job, "status", "startTime"),
        deadline_at=_deadline(job),
        deleted_at=time_at(job, "metadata", "deletionTimestamp"),
        ready_pods=number_at(job, "status", "ready") or 0,
        pods_at_once=number_at(job, "spec", "parallelism") or 1,
        workers=workers,
        orders=orders,
        done=tuple(_indexes(text_at(job, "status", "completedIndexes"), orders) if orders else ()),
        failed=tuple(_indexes(text_at(job, "status", "failedIndexes"), orders) if orders else ()),
        members=tuple(filter(None, annotations.get(MEMBERS_ANNOTATION, "").split(","))),
        waits_for_us=PRIORITY_ANNOTATION in annotations and RESUMED_ANNOTATION not in annotations,
        priority=_priority(annotations.get(PRIORITY_ANNOTATION, "")),
        queue=labels.get(QUEUE_LABEL),
        reason=reason,
    )


def index_of(pod: Json) -> int | None:
    """The index of the order that a pod carries out, or None if its Job is not an Indexed Job."""
    index = labels_of(pod).get(_INDEX_LABEL, "")
    return int(index) if re.fullmatch("[0-9]{1,6}", index, re.ASCII) else None


def _given(value: Value | None, field: str) -> Value:
    if not value:
        raise JobUnreadable(f"{field}: required but not given")
    return value


def _orders(job: Json) -> int | None:
    indexed = text_at(job, "spec", "completionMode") == "Indexed"
    return _given(number_at(job, "spec", "completions"), "spec.completions") if indexed else None


def _deadline(job: Json) -> datetime | None:
    started, deadline = time_at(job, "status", "startTime"), number_at(job, "spec", "activeDeadlineSeconds")
    try:
        return started + timedelta(seconds=deadline) if started and deadline else None
    except OverflowError:
        return None  # so far away that it is none


def _indexes(text: str, orders: int) -> Iterator[int]:
    """The numbers in `0,2-4`, all of which are below the number of orders."""
    for part in filter(None, text.split(",")):
        numbers = re.fullmatch("([0-9]{1,6})(?:-([0-9]{1,6}))?", part, re.ASCII)
        last = int(numbers[2] or numbers[1]) if numbers else orders
        if numbers is None or last >= orders:
            raise JobUnreadable(f"its status has an index that none of its {orders} orders has")
        yield from range(int(numbers[1]), last + 1)


def _workers(text: str) -> int:
    return int(text) if re.fullmatch("[0-9]{1,3}", text, re.ASCII) else 1


def _priority(text: str) -> int:
    # People may edit annotations; an invalid one must not hide the Job.
    return int(text) if re.fullmatch("[0-9]{1,3}", text, re.ASCII) else 0


def _phase(job: Json) -> tuple[ClusterJobPhase, str | None]:
    # SuccessCriteriaMet and FailureTarget come earlier, while pods may still run, so they are not the end.
    end = condition_of(job, *_ENDS)
    if end:
        return _ENDS[end["type"]], text_at(end, "reason") or None
    suspended = value_at(job, "spec", "suspend") is True
    return ClusterJobPhase.SUSPENDED if suspended else ClusterJobPhase.ACTIVE, None

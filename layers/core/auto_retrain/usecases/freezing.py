"""Freezes, once, which objects a job reads."""

from datetime import timedelta

from ..domain.dataset import DataObject, build_manifest
from ..domain.digest import canonical_json, sha256_of
from ..domain.job import RetrainingJob
from ..domain.policy import Policy
from ..domain.windows import Window
from ..ports import Ports


def freeze_data(job: RetrainingJob, policy: Policy, ports: Ports) -> RetrainingJob:
    """The job with its manifest; done again, it stays the same. Raises DataMissing when a window holds no data."""
    if job.manifest_uri:
        return job
    span = Window(start=job.windows.training.start, end=job.windows.holdout.end)
    objects = ports.data.list_partitions(policy.data.prefix, span)
    labels = _label_objects(job, policy, ports)
    content = canonical_json(build_manifest(job.job_id, job.model_name, policy.data, job.windows, objects, labels))
    digest = sha256_of(content)
    # Named by its digest: two invocations at once, which may see other objects, do not overwrite each other's.
    uri = ports.data.write(f"jobs/{job.job_id}/manifest-{digest[:16]}.json", content)
    return job.changed(manifest_uri=uri, manifest_sha256=digest)


def _label_objects(job: RetrainingJob, policy: Policy, ports: Ports) -> list[DataObject]:
    """Labels that arrived up to the event's day, where they have a data set of their own."""
    if policy.data.labels is None:
        return []
    arrived = Window(start=job.windows.training.start, end=job.event_time.date() + timedelta(days=1))
    return ports.data.list_partitions(policy.data.labels.prefix, arrived)

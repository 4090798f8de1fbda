"""The manifest of a job: the objects that it reads, frozen once and read by every step."""

from datetime import timedelta

from pydantic import ValidationError

from ...domain.digest import canonical_json, sha256_of
from ...domain.errors import ArtifactInvalid, DataMissing
from ...domain.job import RetrainingJob
from ...domain.manifest import DataObject, Manifest, build_manifest, with_rows
from ...domain.policy.policy import Policy
from ...domain.windows import Window
from ...ports import Ports
from .column_fields import naming_fields
from .listing import Listing, explained, labels_of, objects_of

# Some hundred thousand objects.
MAX_MANIFEST_BYTES = 64 << 20


def freeze_data(job: RetrainingJob, policy: Policy, ports: Ports, listing: Listing = objects_of) -> RetrainingJob:
    """The job with its manifest, which never changes once frozen; raises DataMissing if a window contains no data."""
    if job.manifest_uri:
        return job
    content = canonical_json(list_data(job, policy, ports, listing))
    digest = sha256_of(content)
    # Named by its digest, so that two concurrent invocations, which may see different objects, do not collide.
    uri = ports.data.write(f"jobs/{job.job_id}/manifest-{digest[:16]}.json", content)
    return job.frozen(uri, digest)


def list_data(job: RetrainingJob, policy: Policy, ports: Ports, listing: Listing = objects_of) -> Manifest:
    """The manifest of a job as its data are now; raises DataMissing if a window contains no data."""
    span = Window(start=job.windows.training.start, end=job.windows.holdout.end)
    with naming_fields(policy.data):
        objects = listing(policy.data, span, ports)
    labels = _label_objects(job, policy, ports)
    try:
        return build_manifest(job.job_id, job.model_name, policy.data, job.windows, objects, labels)
    except DataMissing as error:
        missing = DataMissing(f"{error}{_days_there(policy, objects)}")
        raise explained(missing, policy.data, bool(objects), ports) from error


def _days_there(policy: Policy, objects: list[DataObject]) -> str:
    """The days that have data where one of the windows has none, and the fields that divide them."""
    days = [item.date for item in with_rows(objects, policy.data.format)]
    if not days:
        return ""
    triggers, delay = policy.triggers, policy.data.label_delay_days
    end = "today" if not delay else f"the last {delay} (data.label_delay_days)"
    return (
        f"; there are only days from {min(days)} to {max(days)}, and of the days before {end} the newest "
        f"{triggers.evaluation_window_days} (triggers.evaluation_window_days) are to judge by, the "
        f"{triggers.training_window_days} before them (triggers.training_window_days) to learn from: "
        "set these fields so that both have data, or add days"
    )


def _label_objects(job: RetrainingJob, policy: Policy, ports: Ports) -> list[DataObject]:
    """The labels that arrived up to the day of the event, if they are in a separate data set."""
    if policy.data.labels is None:
        return []
    arrived = Window(start=job.windows.training.start, end=job.event_time.date() + timedelta(days=1))
    return labels_of(policy.data.labels, arrived, ports)


def read_manifest(job: RetrainingJob, ports: Ports) -> Manifest:
    """The manifest of a job; raises ArtifactInvalid if it is absent, unreadable or not the one that was frozen."""
    uri = job.manifest_uri or ""
    try:
        content = ports.data.read(uri, MAX_MANIFEST_BYTES)
        manifest = Manifest.model_validate_json(content)
    except ValidationError as error:
        raise ArtifactInvalid(f"manifest '{uri}' cannot be read") from error
    if sha256_of(content) != job.manifest_sha256:
        raise ArtifactInvalid(f"manifest '{uri}' is not the one that was frozen: its digest differs")
    return manifest

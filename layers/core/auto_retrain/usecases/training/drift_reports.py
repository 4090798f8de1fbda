"""Starts Evidently's drift report, a Kubernetes Job that no execution waits for, and reads its result."""

from datetime import datetime

from pydantic import ValidationError

from ...domain.base import Record
from ...domain.cluster import JobOrder
from ...domain.digest import canonical_json, sha256_of
from ...domain.errors import ArtifactInvalid, ArtifactMissing, DataMissing
from ...domain.explain import explain
from ...domain.manifest import DriftManifest, FrozenWindow, columns_of, freeze_window
from ...domain.names import job_id, kubernetes_job_name, report_key
from ...domain.policy.data import DataPolicy
from ...domain.policy.policy import Policy
from ...domain.results import EvidentlySummary
from ...domain.windows import Window
from ...ports import Ports
from ..data.drift_windows import drift_windows
from ..data.listing import explained, objects_of
from ..lookup import policy_of

DEADLINE_MINUTES = 30


class DriftReport(Record):
    """Where a drift report is, or will be once its Kubernetes Job has ended."""

    report_id: str
    kubernetes_job: str
    html_uri: str
    psi_uri: str


def report_drift(model_name: str, ports: Ports) -> DriftReport:
    """Start a drift report on a model as of now, for a person who asks.

    Raises:
        ModelUnknown: the model has no policy.
        DataMissing: one of the two windows contains no data.
    """
    now = ports.clock.now()
    policy = policy_of(model_name, ports).policy
    return start_report(job_id(model_name, f"drift report {now.isoformat()}"), policy, now, ports)


def start_report(report_id: str, policy: Policy, at: datetime, ports: Ports) -> DriftReport:
    """Start the drift report of a job, or one with its own id; repeating it finds the same Kubernetes Job."""
    manifest = canonical_json(_manifest(report_id, policy, at, ports))
    digest = sha256_of(manifest)
    order = JobOrder(
        kind="report",
        job_id=report_id,
        model_name=policy.model,
        manifest_uri=ports.data.write(f"{report_key(report_id)}manifest-{digest[:16]}.json", manifest),
        manifest_sha256=digest,
        output_uri=ports.data.uri(report_key(report_id)),
        mlflow_tracking_uri=ports.registry.tracking_uri,
        seed=policy.training.seed,
    )
    name = kubernetes_job_name(report_id, "report")
    # Evidently is in our own image only, and needs no GPU.
    training = policy.training.changed(deadline_minutes=DEADLINE_MINUTES, image=None, gpus=0)
    ports.cluster.start_job(name, [order], training)
    return DriftReport(
        report_id=report_id,
        kubernetes_job=name,
        html_uri=f"{order.output_uri}report.html",
        psi_uri=f"{order.output_uri}psi.json",
    )


def read_psi(report_id: str, ports: Ports) -> EvidentlySummary:
    """Evidently's values in a drift report.

    Raises:
        ArtifactMissing: it has not been written yet, or never will be; the message says when it would be there.
        ArtifactInvalid: it cannot be read.
    """
    uri = ports.data.uri(f"{report_key(report_id)}psi.json")
    try:
        return EvidentlySummary.model_validate_json(ports.data.read(uri))
    except ArtifactMissing as error:
        name = kubernetes_job_name(report_id, "report")
        raise ArtifactMissing(
            f"drift report '{report_id}' is not there yet: the Kubernetes Job '{name}' writes '{uri}' before it ends, "
            f"at most {DEADLINE_MINUTES} minutes after it began; if it has ended, or there was none, there will be none"
        ) from error
    except ValidationError as error:
        raise ArtifactInvalid(f"drift report '{uri}': {explain(error, EvidentlySummary)}") from error


def _manifest(report_id: str, policy: Policy, at: datetime, ports: Ports) -> DriftManifest:
    reference, live = drift_windows(policy, at, ports)
    data = policy.data
    return DriftManifest(
        job_id=report_id,
        model_name=policy.model,
        data=columns_of(policy.data),
        reference=_frozen("reference", reference, data, ports),
        live=_frozen("live", live, data, ports),
    )


def _frozen(purpose: str, window: Window, data: DataPolicy, ports: Ports) -> FrozenWindow:
    objects = objects_of(data, window, ports)
    try:
        return freeze_window(purpose, window, data, objects)
    except DataMissing as error:
        raise explained(error, data, bool(objects), ports) from error

"""The cluster port on Kubernetes: our orders become Jobs, and Jobs become what the use cases know of them."""

from collections.abc import Callable

from ...domain.cluster import ClusterJob, ClusterJobPhase, JobOrder
from ...domain.errors import ClusterConflict, ClusterRefused, ClusterUnavailable
from ...domain.policy import TrainingPolicy
from .client import KubernetesClient
from .explanation import explain, last_line, termination_message
from .manifest import CONTAINER, JOB_ID_LABEL, KIND_LABEL, PodSettings, build_manifest, stage_labels
from .transport import Json

_PHASES = {"Complete": ClusterJobPhase.COMPLETE, "Failed": ClusterJobPhase.FAILED}
_CREATED_POD = "Created pod: "
_EXPLAINING_LINES = 20


class KubernetesCluster:
    """Cluster on the Kubernetes API, with the Jobs of one stage; `pod_settings` is asked only to start a Job."""

    def __init__(self, client: KubernetesClient, stage: str, pod_settings: Callable[[], PodSettings]) -> None:
        self._client, self._stage, self._pod_settings = client, stage, pod_settings

    def start_job(self, name: str, order: JobOrder, training: TrainingPolicy) -> None:
        job = self._client.create_job(build_manifest(name, order, training, self._stage, self._pod_settings()))
        owner = _labels(job).get(JOB_ID_LABEL)
        if owner != order.job_id:
            raise ClusterConflict(f"the Kubernetes Job '{name}' belongs to job '{owner}', not to '{order.job_id}'")

    def list_jobs(self) -> list[ClusterJob]:
        selector = ",".join(f"{label}={value}" for label, value in stage_labels(self._stage).items())
        found = self._client.list_jobs(selector)
        return [_as_seen(job) for job in found if JOB_ID_LABEL in _labels(job)]

    def explain_failure(self, name: str) -> str:
        job = self._client.get_job(name)
        pods = self._client.list_pods(name) if job else []
        # Pods that are gone have left only their events.
        cause = explain(job, pods, self._events(name) if job and not pods else [])
        line = self._last_words(pods)
        return f"{cause}; last log line: {line}" if line else cause

    def log_tail(self, name: str, lines: int = 100) -> str:
        pods = self._client.list_pods(name)
        return self._client.log_tail(pods[0]["metadata"]["name"], CONTAINER, lines) if pods else ""

    def delete_job(self, name: str) -> None:
        self._client.delete_job(name)

    def _events(self, name: str) -> list[Json]:
        try:
            events = self._client.list_events(name)
            messages = [str(event["message"]) for event in events]
            pods = [text.removeprefix(_CREATED_POD) for text in messages if text.startswith(_CREATED_POD)]
            return events + [event for pod in pods[-1:] for event in self._client.list_events(pod)]
        except (ClusterRefused, ClusterUnavailable):
            return []  # an explanation without them is better than none

    def _last_words(self, pods: list[Json]) -> str:
        if not pods:
            return ""
        try:
            said = termination_message(pods[0])
            log = said or self._client.log_tail(pods[0]["metadata"]["name"], CONTAINER, _EXPLAINING_LINES)
        except (ClusterRefused, ClusterUnavailable):
            return ""  # the node may be gone, and the log with it
        return last_line(log)


def _labels(job: Json) -> dict[str, str]:
    return dict(job["metadata"].get("labels", {}))


def _as_seen(job: Json) -> ClusterJob:
    metadata, phase, reason = job["metadata"], ClusterJobPhase.ACTIVE, None
    for condition in job["status"].get("conditions", []):
        # SuccessCriteriaMet and FailureTarget come first, while pods may still run: they are not the end.
        if condition["type"] in _PHASES and condition["status"] == "True":
            phase, reason = _PHASES[condition["type"]], condition.get("reason")
    return ClusterJob(
        name=metadata["name"],
        job_id=_labels(job)[JOB_ID_LABEL],
        kind=_labels(job).get(KIND_LABEL, ""),
        phase=phase,
        created_at=metadata["creationTimestamp"],
        reason=reason,
    )

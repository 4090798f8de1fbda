"""The cluster port on Kubernetes: starts Jobs for our orders, and describes Jobs to the use cases."""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby

from ....domain.cluster import ClusterJob, ClusterListing, JobOrder, Obstacle
from ....domain.errors import AutoRetrainError, ClusterConflict, ClusterRefused, ClusterUnavailable, PermanentError
from ....domain.installation import Permission
from ....domain.policy.training import TrainingPolicy
from ..access.client import RESUMED_ANNOTATION, KubernetesClient
from ..access.reading import annotations_of, labels_of, text_at
from ..access.transport import Json
from .containers import logging_container
from .explanation import (
    explain,
    failed_creation,
    failed_start,
    is_starting,
    last_line,
    obstacle,
    termination_message,
)
from .job_body import (
    JOB_ID_LABEL,
    PodSettings,
    build_indexed_job,
    build_job,
    build_workers_job,
    stage_labels,
    suspended,
)
from .listing import JobUnreadable, cluster_job_of, index_of
from .workers import service_of

_CREATED_POD = "Created pod: "
_JOB_NAME = "batch.kubernetes.io/job-name"
_EXPLAINING_LINES = 20


class KubernetesCluster:
    """Cluster on the Kubernetes API, with the Jobs of one stage.

    `clients` are by namespace, the first of which is the default; `pod_settings` is called only to start a Job.
    """

    def __init__(
        self,
        clients: Mapping[str, KubernetesClient],
        stage: str,
        pod_settings: Callable[[], PodSettings],
        parallel_jobs: int | None = None,
    ) -> None:
        self._clients, self._stage, self._pod_settings = clients, stage, pod_settings
        self.parallel_jobs = parallel_jobs
        self._selector = ",".join(f"{label}={value}" for label, value in stage_labels(stage).items())

    def start_job(self, name: str, orders: Sequence[JobOrder], training: TrainingPolicy) -> None:
        client, settings = self._client_for(training), self._pod_settings()
        if training.workers > 1 and orders[-1].kind == "train":
            self._start_workers(client, name, orders[-1], training)
            return
        self._create(client, build_job(name, orders, training, self._stage, settings), orders[-1], training)

    def _start_workers(self, client: KubernetesClient, name: str, order: JobOrder, training: TrainingPolicy) -> None:
        body = build_workers_job(name, order, training, self._stage, self._pod_settings())
        others_resume_it = training.queue is not None or self.parallel_jobs is not None
        # No pod may look for the others before they have names.
        body["spec"]["suspend"] = True
        job = self._create(client, body, order, training)
        try:
            client.create_service(service_of(job, stage_labels(self._stage)))
        except PermanentError:
            client.delete_job(name)  # nobody would resume it
            raise
        # Resumed before and suspended again, somebody wants it so; the watcher shows it.
        if not others_resume_it and RESUMED_ANNOTATION not in annotations_of(job):
            client.resume_job(name)

    def start_indexed_job(
        self,
        name: str,
        orders: Sequence[JobOrder],
        training: TrainingPolicy,
        pods_at_once: int,
        before: Sequence[JobOrder] = (),
    ) -> None:
        client, settings = self._client_for(training), self._pod_settings()
        stages = [before, orders] if before else [orders]
        body = build_indexed_job(name, stages, training, self._stage, settings, pods_at_once)
        self._create(client, body, orders[-1], training)

    def _create(self, client: KubernetesClient, body: Json, order: JobOrder, training: TrainingPolicy) -> Json:
        job = client.create_job(body if self.parallel_jobs is None else suspended(body, training.priority))
        owner, expected = labels_of(job).get(JOB_ID_LABEL), order.job_id
        if owner != expected:
            name = body["metadata"]["name"]
            raise ClusterConflict(f"the Kubernetes Job '{name}' belongs to job '{owner}', not to '{expected}'")
        return job

    def list_jobs(self) -> ClusterListing:
        listing = ClusterListing()
        failures: list[AutoRetrainError] = []
        for namespace, client in self._clients.items():
            try:
                _read(client.list_jobs(self._selector), namespace, listing)
            except AutoRetrainError as error:
                listing.unlisted[namespace] = f"{type(error).__name__}: {error}"
                failures.append(error)
        if len(failures) == len(self._clients):
            raise failures[0]
        return listing

    def obstacles(self, jobs: Sequence[ClusterJob]) -> dict[str, Obstacle]:
        obstacles: dict[str, Obstacle] = {}
        by_namespace = sorted(jobs, key=lambda job: job.namespace)
        for namespace, members in groupby(by_namespace, key=lambda job: job.namespace):
            obstacles |= self._obstacles_in(self._clients[namespace], {job.name for job in members})
        return obstacles

    def explain_failure(self, job: ClusterJob, order: int | None = None) -> str:
        client = self._clients[job.namespace]
        body = client.get_job(job.name)
        pods = _pods_of(client, job, order) if body else []
        # Pods that are gone leave only their events behind.
        cause = explain(body, pods, _events(client, job.name) if body and not pods else [])
        line = _last_log_line(client, pods)
        return f"{cause}; last log line: {line}" if line else cause

    def log_tail(self, job: ClusterJob, lines: int = 100, order: int | None = None) -> str:
        client = self._clients[job.namespace]
        pods = _pods_of(client, job, order)
        return _log_tail(client, pods[0], lines) if pods else ""

    def delete_job(self, job: ClusterJob) -> None:
        self._clients[job.namespace].delete_job(job.name)

    def resume_job(self, job: ClusterJob) -> None:
        self._clients[job.namespace].resume_job(job.name)

    @property
    def default_image(self) -> str:
        return self._pod_settings().image

    @property
    def namespaces(self) -> tuple[str, ...]:
        return tuple(self._clients)

    def may(self, namespace: str, permission: Permission, for_group: str | None) -> bool:
        return next(iter(self._clients.values())).may(namespace, permission, for_group)

    def _client_for(self, training: TrainingPolicy) -> KubernetesClient:
        namespace = training.namespace or next(iter(self._clients))
        if namespace not in self._clients:
            raise ClusterRefused(
                f"training.namespace = '{namespace}': this deployment uses only {', '.join(self._clients)}"
            )
        return self._clients[namespace]

    def _obstacles_in(self, client: KubernetesClient, names: set[str]) -> dict[str, Obstacle]:
        pods = _by_job(client.list_pods_in_phase("Pending", self._selector))
        if names - pods.keys():
            # A pod that runs without being ready may be kept by containers that are not ours.
            pods = _by_job(client.list_pods_in_phase("Running", self._selector)) | pods
        of_pods = {name: reason for name in names & pods.keys() if (reason := obstacle(pods[name]))}
        of_pods |= _failed_starts(client, {name: pods[name] for name in names & pods.keys() - of_pods.keys()})
        # For a Job without pods, only an event shows what keeps the controller from creating one.
        events = client.list_failed_creations() if names - pods.keys() else []
        creations = {text_at(event, "involvedObject", "name"): failed_creation(event) for event in events}
        return {name: creations[name] for name in names - pods.keys() if name in creations} | of_pods


def _read(jobs: list[Json], namespace: str, listing: ClusterListing) -> None:
    """Add the Jobs of a namespace to a listing; those without our label are not ours."""
    for job in jobs:
        if JOB_ID_LABEL not in labels_of(job):
            continue
        try:
            listing.jobs.append(cluster_job_of(job, namespace))
        except JobUnreadable as error:
            listing.unreadable[text_at(job, "metadata", "name")] = str(error)


def _by_job(pods: list[Json]) -> dict[str, Json]:
    return {labels_of(pod).get(_JOB_NAME, ""): pod for pod in pods}


def _failed_starts(client: KubernetesClient, pods: Mapping[str, Json]) -> dict[str, Obstacle]:
    """What keeps pods from starting although nothing is to be seen of that in them; the newest warning counts."""
    starting = {text_at(pod, "metadata", "name"): name for name, pod in pods.items() if is_starting(pod)}
    failures: dict[str, Obstacle] = {}
    for event in client.list_pod_warnings() if starting else ():
        name, failure = starting.get(text_at(event, "involvedObject", "name")), failed_start(event)
        if name and failure:
            failures[name] = failure
    return failures


def _pods_of(client: KubernetesClient, job: ClusterJob, order: int | None) -> list[Json]:
    """The pods of a Job, or of one of its orders, the newest first."""
    pods = [pod for pod in client.list_pods(job.name) if order is None or index_of(pod) == order]
    if order is not None or (job.workers == 1 and job.orders is None):
        return pods
    # The one that failed says why all of them ended, and the first one what they do.
    return sorted(pods, key=lambda pod: (text_at(pod, "status", "phase") != "Failed", index_of(pod) or 0))


def _events(client: KubernetesClient, name: str) -> list[Json]:
    try:
        events = client.list_events(name)
        messages = [text_at(event, "message") for event in events]
        pods = [text.removeprefix(_CREATED_POD) for text in messages if text.startswith(_CREATED_POD)]
        return events + [event for pod in pods[-1:] for event in client.list_events(pod)]
    except (ClusterRefused, ClusterUnavailable):
        return []  # an explanation without them is better than none


def _last_log_line(client: KubernetesClient, pods: list[Json]) -> str:
    if not pods:
        return ""
    try:
        return last_line(termination_message(pods[0]) or _log_tail(client, pods[0], _EXPLAINING_LINES))
    except (ClusterRefused, ClusterUnavailable):
        return ""  # the node may be gone, and the log with it


def _log_tail(client: KubernetesClient, pod: Json, lines: int) -> str:
    container = logging_container(pod)
    return client.log_tail(text_at(pod, "metadata", "name"), container.name, lines) if container else ""

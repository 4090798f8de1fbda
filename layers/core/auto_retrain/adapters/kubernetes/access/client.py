"""Jobs and what belongs to them, through the Kubernetes API."""

from typing import Any
from urllib.parse import quote

from ....domain.errors import ClusterConflict, ClusterUnavailable
from .api import NOT_FOUND, ApiClient, accepted, exists, object_in
from .reading import objects_at, text_at, value_at
from .transport import Json, Reply, Transport

RESUMED_ANNOTATION = "auto-retrain/resumed"
MAX_LOG_BYTES = 256 * 1024

_FORBIDDEN = 403
# A container that has not started has no log, and neither does a pod that is gone.
_NO_LOG = {400, NOT_FOUND}
_FULL_QUOTA = ("exceeded quota: ", "status unknown for quota: ")


class KubernetesClient(ApiClient):
    """Jobs, pods, logs and events of one namespace."""

    def __init__(self, transport: Transport, namespace: str, **options: Any) -> None:
        super().__init__(transport, namespace, **options)
        self._jobs = f"/apis/batch/v1/namespaces/{quote(namespace, safe='')}/jobs"
        self._core = f"/api/v1/namespaces/{quote(namespace, safe='')}"

    def create_job(self, body: Json) -> Json:
        """Create a Job, or return the existing one of this name."""
        reply = self._retry(lambda: self._create_once(body))
        # Only its message tells a full quota, which may pass, from a missing permission, an admission policy or a
        # namespace that is being deleted, which have the same code and reason but do not pass.
        if reply.code == _FORBIDDEN and any(words in reply.message for words in _FULL_QUOTA):
            raise ClusterUnavailable(str(reply))
        return object_in(reply, "Job")

    def _create_once(self, body: Json) -> Reply:
        """Try to create a Job; if the outcome is unknown, read the Job to find out."""
        reply = self._transport.send("POST", self._jobs, {"fieldValidation": "Strict"}, body)
        if not (reply.outcome_unknown or exists(reply)):
            return reply
        existing = self._transport.send("GET", self._job(body["metadata"]["name"]))
        if existing.code == NOT_FOUND:
            return reply
        if value_at(existing.body, "metadata", "deletionTimestamp"):
            return Reply(409, "AlreadyExists", "the old Kubernetes Job of that name is still being deleted")
        return existing

    def get_job(self, name: str) -> Json | None:
        reply = self._get(self._job(name))
        return None if reply.code == NOT_FOUND else object_in(reply, "Job")

    def list_jobs(self, selector: str) -> list[Json]:
        return self._list("JobList", self._jobs, {"labelSelector": selector})

    def list_pods(self, job_name: str) -> list[Json]:
        """The pods of a Job, the newest first."""
        pods = self._list(
            "PodList", f"{self._core}/pods", {"labelSelector": f"batch.kubernetes.io/job-name={job_name}"}
        )
        return sorted(pods, key=_creation, reverse=True)

    def list_pods_in_phase(self, phase: str, selector: str) -> list[Json]:
        """All pods in a phase such as Pending, the oldest first."""
        query = {"labelSelector": selector, "fieldSelector": f"status.phase={phase}"}
        return sorted(self._list("PodList", f"{self._core}/pods", query), key=_creation)

    def list_failed_creations(self) -> list[Json]:
        """Events about pods that could not be created, the oldest first."""
        return self._list_warnings("involvedObject.kind=Job,reason=FailedCreate")

    def list_pod_warnings(self) -> list[Json]:
        """Warnings about pods, the oldest first."""
        return self._list_warnings("involvedObject.kind=Pod,type=Warning")

    def _list_warnings(self, selector: str) -> list[Json]:
        return sorted(self._list("EventList", f"{self._core}/events", {"fieldSelector": selector}), key=event_time)

    def list_events(self, name: str) -> list[Json]:
        """Events about objects of this name."""
        return self._list("EventList", f"{self._core}/events", {"fieldSelector": f"involvedObject.name={name}"})

    def log_tail(self, pod_name: str, container: str, lines: int) -> str:
        """The last lines of a container's log; empty when there is none."""
        query = {"container": container, "tailLines": str(lines), "limitBytes": str(MAX_LOG_BYTES)}
        reply = self._get(f"{self._core}/pods/{quote(pod_name, safe='')}/log", query)
        return "" if reply.code in _NO_LOG else accepted(reply).text

    def delete_job(self, name: str) -> None:
        """Delete a Job and let the cluster end its pods; does nothing if the Job does not exist."""
        query = {"propagationPolicy": "Background"}
        reply = self._retry(lambda: self._transport.send("DELETE", self._job(name), query))
        if reply.code != NOT_FOUND:
            accepted(reply)

    def resume_job(self, name: str) -> None:
        """Let a suspended Job run, and mark it, so that whoever suspends it again is left alone.

        Does nothing if it runs already or does not exist.
        """
        change = {"metadata": {"annotations": {RESUMED_ANNOTATION: "true"}}, "spec": {"suspend": False}}
        strict = {"fieldValidation": "Strict"}
        reply = self._retry(lambda: self._transport.send("PATCH", self._job(name), strict, change))
        if reply.code != NOT_FOUND:
            accepted(reply)

    def create_service(self, body: Json) -> None:
        """Create the Service of a Job; one of this name must belong to the same Job."""
        name, query = body["metadata"]["name"], {"fieldValidation": "Strict"}
        path = f"{self._core}/services"

        def create_once() -> Reply:
            reply = self._transport.send("POST", path, query, body)
            there = reply.outcome_unknown or exists(reply)
            existing = self._transport.send("GET", f"{path}/{quote(name, safe='')}") if there else reply
            return reply if existing.code == NOT_FOUND else existing

        service = object_in(self._retry(create_once), "Service")
        if _owners(service) != _owners(body):
            raise ClusterConflict(f"the Service '{name}' belongs to something else")

    def _job(self, name: str) -> str:
        return f"{self._jobs}/{quote(name, safe='')}"


def _owners(body: Json) -> list[str]:
    return [text_at(owner, "uid") for owner in objects_at(body, "metadata", "ownerReferences")]


def event_time(event: Json) -> str:
    """When an event was last seen; the scheduler's events have only `eventTime`."""
    return text_at(event, "lastTimestamp") or text_at(event, "eventTime") or _creation(event)


def _creation(body: Json) -> str:
    return text_at(body, "metadata", "creationTimestamp")

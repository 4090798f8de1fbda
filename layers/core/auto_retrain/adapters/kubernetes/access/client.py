"""Requests to the Kubernetes API, repeated until it is certain whether they took effect."""

import random
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import quote

from ....domain.errors import ClusterRefused, ClusterUnavailable
from ....domain.installation import Permission
from .reading import object_at, objects_at, text_at, value_at
from .transport import Json, Reply, Transport

ATTEMPTS = 4
FIRST_DELAY_SECONDS = 0.25
# If the server asks for a longer delay, the state machine retries; a function must not sleep that long.
MAX_DELAY_SECONDS = 5.0
# No attempt begins later than this, so that a function notices a hung server before its own timeout.
PATIENCE_SECONDS = 20.0
PAGE_SIZE = 1000
MAX_LOG_BYTES = 256 * 1024

_FORBIDDEN = 403
_NOT_FOUND = 404
_CONFLICT = 409
# A container that has not started has no log, and neither does a pod that is gone.
_NO_LOG = {400, _NOT_FOUND}
_FULL_QUOTA = ("exceeded quota: ", "status unknown for quota: ")


class Kind(NamedTuple):
    """A kind of object that lives in namespaces, and the path of its API, such as `apis/batch/v1`."""

    name: str
    api: str
    plural: str


class KubernetesClient:
    """Jobs, pods, logs, events and other objects of one namespace.

    Raises ClusterUnavailable for transient errors after a few attempts, ClusterRefused for permanent ones.
    """

    def __init__(
        self,
        transport: Transport,
        namespace: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._transport, self._sleep, self._clock, self._chance = transport, sleep, clock, chance
        self._namespace = namespace
        self._jobs = f"/apis/batch/v1/namespaces/{quote(namespace, safe='')}/jobs"
        self._core = f"/api/v1/namespaces/{quote(namespace, safe='')}"

    def create_job(self, body: Json) -> Json:
        """Create a Job, or return the existing one of this name."""
        reply = self._retry(lambda: self._create_once(body))
        # Only its message tells a full quota, which may pass, from a missing permission, an admission policy or a
        # namespace that is being deleted, which have the same code and reason but do not pass.
        if reply.code == _FORBIDDEN and any(words in reply.message for words in _FULL_QUOTA):
            raise ClusterUnavailable(str(reply))
        return _object(reply, "Job")

    def _create_once(self, body: Json) -> Reply:
        """Try to create a Job; if the outcome is unknown, read the Job to find out."""
        reply = self._transport.send("POST", self._jobs, {"fieldValidation": "Strict"}, body)
        if not (reply.outcome_unknown or _exists(reply)):
            return reply
        existing = self._transport.send("GET", self._job(body["metadata"]["name"]))
        if existing.code == _NOT_FOUND:
            return reply
        if value_at(existing.body, "metadata", "deletionTimestamp"):
            return Reply(409, "AlreadyExists", "the old Kubernetes Job of that name is still being deleted")
        return existing

    def get_job(self, name: str) -> Json | None:
        reply = self._get(self._job(name))
        return None if reply.code == _NOT_FOUND else _object(reply, "Job")

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
        return "" if reply.code in _NO_LOG else _accepted(reply).text

    def delete_job(self, name: str) -> None:
        """Delete a Job and let the cluster end its pods; does nothing if the Job does not exist."""
        query = {"propagationPolicy": "Background"}
        reply = self._retry(lambda: self._transport.send("DELETE", self._job(name), query))
        if reply.code != _NOT_FOUND:
            _accepted(reply)

    def resume_job(self, name: str) -> None:
        """Let a suspended Job run; does nothing if it runs already or does not exist."""
        change = {"spec": {"suspend": False}}
        strict = {"fieldValidation": "Strict"}
        reply = self._retry(lambda: self._transport.send("PATCH", self._job(name), strict, change))
        if reply.code != _NOT_FOUND:
            _accepted(reply)

    def get_object(self, kind: Kind, name: str) -> Json | None:
        """An object, or None if there is none of this name, or no such kind."""
        reply = self._get(self._path(kind, name))
        return None if reply.code == _NOT_FOUND else _object(reply, kind.name)

    def list_objects(self, kind: Kind, selector: str) -> list[Json]:
        return self._list(f"{kind.name}List", self._path(kind), {"labelSelector": selector})

    def merge_object(self, kind: Kind, seen: Json, change: Json) -> Json | None:
        """Change an object that was read before (RFC 7396); None if it is no longer as it was seen, or gone.

        A repetition whose first attempt took effect although its reply was lost finds it changed, too.
        """
        metadata = {**object_at(change, "metadata"), "resourceVersion": text_at(seen, "metadata", "resourceVersion")}
        body, path = {**change, "metadata": metadata}, self._path(kind, text_at(seen, "metadata", "name"))
        query = {"fieldManager": "auto-retrain", "fieldValidation": "Strict"}
        reply = self._retry(lambda: self._transport.send("PATCH", path, query, body))
        return None if reply.code in (_CONFLICT, _NOT_FOUND) else _object(reply, kind.name)

    def may(self, permission: Permission, group: str | None) -> bool:
        """Whether a group has a permission in the namespace, or we ourselves if no group is given."""
        kind = "SubjectAccessReview" if group else "SelfSubjectAccessReview"
        action = {"resourceAttributes": {"namespace": self._namespace, **_attributes(permission)}}
        # Every caller is also in the second group.
        subject = {"groups": [group, "system:authenticated"]} if group else {}
        review = {"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": {**action, **subject}}
        path = f"/apis/authorization.k8s.io/v1/{kind.lower()}s"
        answer = _object(self._retry(lambda: self._transport.send("POST", path, body=review)), kind)
        return value_at(answer, "status", "allowed") is True

    def _job(self, name: str) -> str:
        return f"{self._jobs}/{quote(name, safe='')}"

    def _path(self, kind: Kind, name: str = "") -> str:
        objects = f"/{kind.api}/namespaces/{quote(self._namespace, safe='')}/{kind.plural}"
        return f"{objects}/{quote(name, safe='')}" if name else objects

    def _list(self, kind: str, path: str, query: Mapping[str, str]) -> list[Json]:
        items: list[Json] = []
        page = {"limit": str(PAGE_SIZE), **query}
        while True:
            body = _object(self._get(path, page), kind)
            items += objects_at(body, "items")
            following = text_at(body, "metadata", "continue")
            if not following:
                return items
            page["continue"] = following

    def _get(self, path: str, query: Mapping[str, str] | None = None) -> Reply:
        return self._retry(lambda: self._transport.send("GET", path, query))

    def _retry(self, exchange: Callable[[], Reply]) -> Reply:
        """Repeat an exchange a few times, as long as its reply is a transient error."""
        end = self._clock() + PATIENCE_SECONDS
        for attempt in range(1, ATTEMPTS + 1):
            reply = exchange()
            if not (reply.is_transient or _exists(reply)):
                return reply
            delay = max(reply.retry_after, self._delay(attempt))
            if attempt == ATTEMPTS or delay > MAX_DELAY_SECONDS or self._clock() + delay > end:
                break
            self._sleep(delay)
        raise ClusterUnavailable(str(reply))

    def _delay(self, attempt: int) -> float:
        """Doubles with each attempt, minus up to half at random, so that many callers do not return at once."""
        full: float = FIRST_DELAY_SECONDS * 2 ** (attempt - 1)
        return full * (1 - self._chance() / 2)


def _attributes(permission: Permission) -> dict[str, str]:
    """A permission such as `list pods/log` or `create jobs.batch` as fields of a review."""
    resource, _, subresource = permission.resource.partition("/")
    name, _, group = resource.partition(".")
    fields = {"verb": permission.verb, "group": group, "resource": name, "subresource": subresource}
    return {field: value for field, value in fields.items() if value}


def event_time(event: Json) -> str:
    """When an event was last seen; the scheduler's events have only `eventTime`."""
    return text_at(event, "lastTimestamp") or text_at(event, "eventTime") or _creation(event)


def _creation(body: Json) -> str:
    return text_at(body, "metadata", "creationTimestamp")


def _exists(reply: Reply) -> bool:
    return reply.reason == "AlreadyExists"


def _accepted(reply: Reply) -> Reply:
    if not reply.ok:
        raise ClusterRefused(str(reply))
    return reply


def _object(reply: Reply, kind: str) -> Json:
    """The object in a successful reply; a proxy in between may report success and send something else."""
    body = _accepted(reply).body
    if body.get("kind") != kind:
        raise ClusterUnavailable(f"the Kubernetes API answered {reply.code} without a {kind}")
    return body

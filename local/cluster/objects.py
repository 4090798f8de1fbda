"""The shapes that all API objects share: names, times, conditions, references."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Resource:
    """One kind of object, and how the server calls it in its answers."""

    group: str
    plural: str
    kind: str
    version: str = "v1"

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def details(self, name: str, kind: str | None = None) -> Json:
        details = {"name": name, "group": self.group, "kind": kind or self.plural}
        return {key: value for key, value in details.items() if value}


JOBS = Resource("batch", "jobs", "Job")
PODS = Resource("", "pods", "Pod")
EVENTS = Resource("", "events", "Event")
SERVICES = Resource("", "services", "Service")
ENDPOINT_SLICES = Resource("discovery.k8s.io", "endpointslices", "EndpointSlice")
HTTP_ROUTES = Resource("gateway.networking.k8s.io", "httproutes", "HTTPRoute")
INFERENCE_SERVICES = Resource("serving.kserve.io", "inferenceservices", "InferenceService", "v1beta1")
SELF_REVIEWS = Resource("authorization.k8s.io", "selfsubjectaccessreviews", "SelfSubjectAccessReview")
REVIEWS = Resource("authorization.k8s.io", "subjectaccessreviews", "SubjectAccessReview")
NAMESPACES = Resource("", "namespaces", "Namespace")


def timestamp() -> str:
    """This moment as the API writes it: UTC, whole seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def condition(kind: str, status: str, reason: str, message: str) -> Json:
    """A condition of a Job."""
    now = timestamp()
    return {
        "type": kind,
        "status": status,
        "lastProbeTime": now,
        "lastTransitionTime": now,
        "reason": reason,
        "message": message,
    }


def has_condition(subject: Json, *kinds: str) -> bool:
    """Whether one of these conditions holds for a Job or a pod."""
    conditions = subject["status"].get("conditions", [])
    return any(entry["type"] in kinds and entry["status"] == "True" for entry in conditions)

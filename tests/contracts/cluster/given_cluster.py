"""A small API server that answers with the objects it is given, however odd, and the watcher in front of it."""

import json
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from auto_retrain.adapters.kubernetes.access.client import KubernetesClient
from auto_retrain.adapters.kubernetes.access.connection import Connection
from auto_retrain.adapters.kubernetes.access.transport import Transport
from auto_retrain.adapters.kubernetes.jobs.cluster import KubernetesCluster
from auto_retrain.adapters.kubernetes.jobs.job_body import PodSettings
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.domain.messages.training import WatchOutcome
from auto_retrain.domain.policy.pod_template import CONTAINER
from auto_retrain.usecases.watching.watch_jobs import watch_jobs
from tests.loopback import LoopbackServer
from tests.unit.builders import NOON
from tests.unit.usecases.world import World

from .recordings import Json

NAMESPACE = "ns"
RUNNING: Json = {"running": {"startedAt": NOON.isoformat()}}


def ended(code: int, reason: str = "Error") -> Json:
    return {"terminated": {"exitCode": code, "reason": reason}}


def waiting(reason: str) -> Json:
    return {"waiting": {"reason": reason, "message": "m"}}


class _NoToken:
    def token(self) -> str:
        return ""

    def refresh(self) -> None:
        """There is none."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "GivenCluster"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        kind = parts.path.split("/")[-1]
        if kind == "log":
            return self._send(self.server.logs.get(query["container"], ""))
        if kind == "pods":
            return self._list("PodList", self.server.pods_in(query.get("fieldSelector", "")))
        if kind == "jobs":
            return self._list("JobList", self.server.jobs)
        if kind == "events":
            return self._list("EventList", self.server.events)
        return self._send(json.dumps(self.server.job_named(kind)))

    def do_POST(self) -> None:
        job = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        job["metadata"] |= {"namespace": NAMESPACE, "creationTimestamp": NOON.isoformat()}
        job["status"] = {"active": 1, "startTime": NOON.isoformat()}
        self.server.jobs.append(job)
        self._send(json.dumps(job))

    def do_DELETE(self) -> None:
        self._send(json.dumps({"kind": "Status", "status": "Success"}))

    def _list(self, kind: str, items: list[Any]) -> None:
        self._send(json.dumps({"kind": kind, "metadata": {}, "items": items}))

    def _send(self, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


class GivenCluster(LoopbackServer):
    """The objects of one namespace, and the logs of its only pod by container."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.jobs: list[Any] = []
        self.pods: list[Any] = []
        self.events: list[Any] = []
        self.logs: dict[str, str] = {}

    def pods_in(self, selector: str) -> list[Any]:
        phase = selector.removeprefix("status.phase=")
        return [pod for pod in self.pods if not selector or pod.get("status", {}).get("phase") == phase]

    def job_named(self, name: str) -> Json:
        return next(job for job in self.jobs if job["metadata"]["name"] == name)


class WatchedWorld(World):
    """A model whose training runs on the given cluster."""

    def __init__(self, api: GivenCluster) -> None:
        super().__init__()
        self.api = api
        connection = Connection(api.url, None, _NoToken())
        client = KubernetesClient(Transport(connection), NAMESPACE, sleep=lambda _: None)
        settings = PodSettings("train:1", "trainer", "scorer")
        self.ports.cluster = KubernetesCluster({NAMESPACE: client}, "dev", lambda: settings)
        self.job_id = self.open()
        self.name = self.start(self.job_id, "train").kubernetes_job or ""

    def watch(self) -> WatchOutcome:
        return watch_jobs(ScheduledEvent(time=NOON), self.ports)

    def answer(self) -> str:
        """The last answer to the execution, and why."""
        kind, _, reason = self.ports.executions.answers[-1]
        return f"{kind} {reason}".strip()

    def log(self) -> str:
        return self.ports.data.read(f"s3://artifacts/jobs/{self.job_id}/train/log.txt").decode()

    def give_pod(self, phase: str, ours: Json, sidecar: Json | None = None, native: bool = False) -> Json:
        """The pod of the training, perhaps with a sidecar that others injected."""
        pod: Json = json.loads(json.dumps(self.api.jobs[0]["spec"]["template"]))
        pod["metadata"] |= {"name": f"{self.name}-x", "creationTimestamp": NOON.isoformat()}
        pod["metadata"]["labels"]["batch.kubernetes.io/job-name"] = self.name
        scheduled = {"type": "PodScheduled", "status": "True", "lastTransitionTime": NOON.isoformat()}
        statuses = [{"name": CONTAINER, "state": ours}]
        pod["status"] = {"phase": phase, "conditions": [scheduled], "containerStatuses": statuses}
        if sidecar is not None:
            _inject(pod, sidecar, native)
        self.api.pods = [pod]
        return pod

    def fail(self, reason: str = "BackoffLimitExceeded", message: str = "it failed") -> None:
        """Let the Kubernetes Job fail."""
        condition = {"type": "Failed", "status": "True", "reason": reason, "message": message}
        self.api.jobs[0]["status"] = {"failed": 1, "startTime": NOON.isoformat(), "conditions": [condition]}


def _inject(pod: Json, state: Json, native: bool) -> None:
    sidecar = {"name": "istio-proxy", "image": "istio/proxy:1"}
    status = {"name": "istio-proxy", "state": state}
    if native:
        pod["spec"]["initContainers"] = [sidecar | {"restartPolicy": "Always"}]
        pod["status"]["initContainerStatuses"] = [status]
    else:
        pod["spec"]["containers"].append(sidecar)
        pod["status"]["containerStatuses"].insert(0, status)

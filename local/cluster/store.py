"""Everything the cluster knows, in memory, under one lock that also announces every change."""

import copy
import itertools
import threading
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .agenda import Appointment
from .objects import Json, Resource, timestamp
from .process import ContainerProcess, Log


@dataclass(eq=False)
class Job:
    """A Kubernetes Job, and what its controller remembers of it; indexes are those of an Indexed Job."""

    body: Json
    conditions: list[Json] = field(default_factory=list)
    times: Json = field(default_factory=dict)
    succeeded: int = 0
    failed: int = 0
    uncounted: dict[str, list[str]] = field(default_factory=dict)
    completed: set[int] = field(default_factory=set)
    failed_indexes: set[int] = field(default_factory=set)
    index_failures: dict[int, int] = field(default_factory=dict)
    backing_off: set[int] = field(default_factory=set)
    pods: "list[Pod]" = field(default_factory=list)
    appointments: list[Appointment] = field(default_factory=list)
    history: list[Json] = field(default_factory=list)

    @property
    def deleting(self) -> bool:
        return "deletionTimestamp" in self.body["metadata"]


@dataclass(eq=False)
class Pod:
    """A pod of a Job; `counted` once its end has been entered into the Job's status.

    `log` is that of the container that runs, `logs` are those of all by name.
    """

    body: Json
    job: Job
    log: Log = field(default_factory=Log)
    logs: dict[str, Log] = field(default_factory=dict)
    process: ContainerProcess | None = None
    index: int = 0
    killed_for: str | None = None
    counted: bool = False

    @property
    def deleting(self) -> bool:
        return "deletionTimestamp" in self.body["metadata"]

    @property
    def phase(self) -> str:
        return str(self.body["status"]["phase"])


class Store:
    """Jobs, pods, events and other objects by namespace and name.

    `wake_watcher` is called, under the lock, when a Job has ended or waits to be resumed.
    """

    def __init__(self, wake_watcher: Callable[[], None]) -> None:
        self.wake_watcher = wake_watcher
        self.lock = threading.Condition(threading.RLock())
        self.jobs: dict[tuple[str, str], Job] = {}
        self.pods: dict[tuple[str, str], Pod] = {}
        self.events: list[Json] = []
        self.others: dict[Resource, dict[tuple[str, str], Json]] = defaultdict(dict)
        self._versions = itertools.count(1)
        self.version = 0

    def save(self, body: Json) -> None:
        """Make a new or changed object visible."""
        self.version = next(self._versions)
        body["metadata"]["resourceVersion"] = str(self.version)
        self.lock.notify_all()

    def save_job(self, job: Job) -> None:
        self.jobs[key(job.body)] = job
        job.history.append(copy.deepcopy(job.body["status"]))
        self.save(job.body)

    def save_pod(self, pod: Pod) -> None:
        self.pods[key(pod.body)] = pod
        self.save(pod.body)

    def holds(self, job: Job) -> bool:
        """Whether this very Job still exists; a later one of the same name is another."""
        return self.jobs.get(key(job.body)) is job

    def remove_job(self, job: Job) -> None:
        for appointment in job.appointments:
            appointment.cancel()
        if self.holds(job):
            del self.jobs[key(job.body)]
        self._remove_owned(job.body["metadata"]["uid"])
        self.lock.notify_all()

    def _remove_owned(self, uid: str) -> None:
        """What the garbage collector deletes with its owner."""
        for objects in self.others.values():
            owned = [
                place
                for place, body in objects.items()
                if uid in [owner["uid"] for owner in body["metadata"].get("ownerReferences", [])]
            ]
            for place in owned:
                del objects[place]

    def remove_pod(self, pod: Pod) -> None:
        self.pods.pop(key(pod.body), None)
        if pod in pod.job.pods:
            pod.job.pods.remove(pod)
        self.lock.notify_all()

    def record_event(self, resource: Resource, subject: Json, kind: str, reason: str, message: str) -> None:
        name, namespace, now = subject["metadata"]["name"], subject["metadata"]["namespace"], timestamp()
        event: Json = {
            "metadata": {"name": f"{name}.{next(self._versions):x}", "namespace": namespace, "uid": str(uuid.uuid4())},
            "involvedObject": {
                "kind": resource.kind,
                "namespace": namespace,
                "name": name,
                "uid": subject["metadata"]["uid"],
            },
            "reason": reason,
            "message": message,
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
            "type": kind,
        }
        self.events.append(event)
        self.save(event)


def key(body: Json) -> tuple[str, str]:
    return body["metadata"]["namespace"], body["metadata"]["name"]


def bodies(records: Mapping[tuple[str, str], Job | Pod], namespace: str) -> list[Json]:
    """The objects of one namespace in the order of their names."""
    return [records[place].body for place in sorted(records) if place[0] == namespace]

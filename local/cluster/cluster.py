"""The local cluster as one object: start it, use its URL, close it."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from .agenda import Agenda
from .controller import JobController
from .environment import compose
from .gateway_api import HTTP_ROUTE, complete_route, problems_of_route
from .gateways import Gateways
from .jobs_api import JobsApi
from .kserve import INFERENCE_SERVICE, KserveController
from .kubelet import Kubelet, LocalImage
from .objects import ENDPOINT_SLICES, HTTP_ROUTES, INFERENCE_SERVICES, SERVICES, Json, Resource
from .objects_api import ObjectsApi
from .pods import containers_of, show_disrupted
from .pods_api import PodsApi
from .reviews_api import ReviewsApi
from .routing import Router
from .server import ApiServer
from .store import Job, Pod, Store
from .tokens import SUBMITTER, WORKERS, TokenReview, User

RETRY_SECONDS = 10.0
# The group that the installed Role is bound to.
OUR_GROUP = "auto-retrain"


class LocalCluster:
    """A Kubernetes API on a port of this machine, 0 for any, and one node that runs containers as processes.

    `images` says what to run for each image. `tokens` are bearer tokens accepted besides those of EKS, whose signatures
    are verified when `aws_keys` (access key to secret) is given. `groups` have the rights of these users. `restricted`
    enforces the Pod Security Standard of that name. `wake_watcher` is called when a Job has ended or waits to be
    resumed; it must return at once.
    """

    def __init__(
        self,
        images: Mapping[str, LocalImage],
        parallel_pods: int = 2,
        log_dir: Path | None = None,
        *,
        name: str = "local",
        namespaces: Sequence[str] = ("auto-retrain",),
        tokens: Mapping[str, User] | None = None,
        groups: Mapping[str, User] | None = None,
        aws_keys: Mapping[str, str] | None = None,
        retry_seconds: float = RETRY_SECONDS,
        restricted: bool = True,
        wake_watcher: Callable[[], None] = lambda: None,
        port: int = 0,
    ) -> None:
        if log_dir:
            log_dir.mkdir(parents=True, exist_ok=True)
        self._namespace = namespaces[0]
        self._store = Store(wake_watcher)
        self._agenda = Agenda(self._store.lock)
        self._kubelet = Kubelet(self._store, self._agenda, images, parallel_pods, log_dir)
        self._controller = JobController(self._store, self._agenda, self._kubelet, retry_seconds, restricted)
        jobs = JobsApi(self._store, self._controller, namespaces, restricted)
        reviews = ReviewsApi(namespaces, {OUR_GROUP: User(OUR_GROUP, SUBMITTER | WORKERS), **(groups or {})})
        self.gateways = Gateways(self._store, self._agenda)
        self.kserve = KserveController(self._store, self._agenda)
        router = Router(jobs, PodsApi(self._store), reviews, self._others(namespaces), namespaces)
        self._server = ApiServer(router, TokenReview(name, tokens or {}, aws_keys), self._store.lock, port)

    def _others(self, namespaces: Sequence[str]) -> dict[Resource, ObjectsApi]:
        """The kinds of objects that only controllers act on."""
        wake = self.gateways.look_later
        return {
            HTTP_ROUTES: ObjectsApi(
                self._store,
                HTTP_ROUTES,
                namespaces,
                schema=HTTP_ROUTE,
                complete=complete_route,
                problems=problems_of_route,
                on_change=wake,
            ),
            SERVICES: ObjectsApi(self._store, SERVICES, namespaces, on_change=wake),
            ENDPOINT_SLICES: ObjectsApi(self._store, ENDPOINT_SLICES, namespaces),
            INFERENCE_SERVICES: ObjectsApi(
                self._store,
                INFERENCE_SERVICES,
                namespaces,
                schema=INFERENCE_SERVICE,
                on_change=self.kserve.look_later,
            ),
        }

    @property
    def url(self) -> str:
        return self._server.url

    def start(self) -> None:
        self._kubelet.prepare()
        self._agenda.start()
        self._server.start()

    def close(self) -> None:
        """End everything: no connection, thread or process stays behind."""
        self._server.close()
        self._agenda.close()
        self._kubelet.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # What tests may do and see apart from the API; Jobs are those of the first namespace.

    def wait_until(self, holds: Callable[[], bool], timeout: float = 10.0) -> bool:
        """Wait until something holds, which may be asked over HTTP; False if it does not in time."""
        end = time.monotonic() + timeout
        while not holds():
            left = end - time.monotonic()
            if left <= 0:
                return False
            with self._store.lock:
                # Every change wakes us up; what containers write is not a change, hence the limit.
                self._store.lock.wait(min(left, 0.05))
        return True

    def is_idle(self) -> bool:
        """Whether everything that was due has been done; containers may still run."""
        with self._store.lock:
            return self._agenda.is_idle()

    def is_prepared(self) -> bool:
        """Whether pods of all images that have a preparation are forked from now on."""
        with self._store.lock:
            return self._kubelet.is_prepared()

    def job_history(self, name: str) -> list[Json]:
        """Every status that a Job has had."""
        with self._store.lock:
            return list(self._find(name).history)

    def has_job(self, name: str) -> bool:
        with self._store.lock:
            return (self._namespace, name) in self._store.jobs

    def service(self, name: str) -> Json | None:
        """A Service, or None if there is none of this name."""
        with self._store.lock:
            return self._store.others[SERVICES].get((self._namespace, name))

    def environment_of(self, job_name: str) -> dict[str, str]:
        """The variables that the first pod of a Job was given by its template; none before there is a pod."""
        with self._store.lock:
            pods = [pod.body for pod in self._find(job_name).pods[:1]]
        return compose({}, pods[0], pods[0]["spec"]["containers"][0]) if pods else {}

    def images_of(self, job_name: str) -> list[str]:
        """The images of a Job's containers, in the order in which they run."""
        with self._store.lock:
            return [container["image"] for container in containers_of(self._find(job_name).body["spec"]["template"])]

    def has_ready_pod(self, job_name: str) -> bool:
        """Whether a Job has a pod that runs and is not about to end."""
        with self._store.lock:
            pods = self._find(job_name).pods
            return any(pod.phase == "Running" and not pod.deleting and not pod.killed_for for pod in pods)

    def running_pids(self) -> list[int]:
        with self._store.lock:
            return self._kubelet.pids()

    @property
    def most_running_pods(self) -> int:
        """How many pods ran at once, at most."""
        with self._store.lock:
            return self._kubelet.scheduler.most_running

    def evict(self, job_name: str) -> None:
        """Drain the node of a Job's pod."""
        with self._store.lock:
            pod = self._live_pod(job_name)
            show_disrupted(pod.body, "EvictionByEvictionAPI", "Eviction API: evicting")
            self._kubelet.delete(pod)

    def lose_node(self) -> None:
        """End every container at once and without warning, as when the node is lost; a new node takes its place."""
        with self._store.lock:
            running = [pod for job in self._store.jobs.values() for pod in job.pods if pod.phase == "Running"]
            for pod in running:
                show_disrupted(pod.body, "DeletionByPodGC", "PodGC: node not found")
                self._kubelet.kill(pod, "Error")

    def kill_out_of_memory(self, job_name: str) -> None:
        """Let a Job's pod exceed its memory limit."""
        with self._store.lock:
            self._kubelet.kill(self._live_pod(job_name), "OOMKilled")

    def cordon(self, cordoned: bool = True) -> None:
        """Let the node take no more pods, or take them again."""
        with self._store.lock:
            self._kubelet.scheduler.cordon(cordoned)

    def drop_job(self, name: str) -> None:
        """Let someone else delete a Job."""
        with self._store.lock:
            self._controller.ending.delete(self._find(name), "Background")

    def _find(self, name: str) -> Job:
        return self._store.jobs[(self._namespace, name)]

    def _live_pod(self, job_name: str) -> Pod:
        return next(pod for pod in self._find(job_name).pods if not pod.counted)

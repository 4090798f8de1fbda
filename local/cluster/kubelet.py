"""The one node of the cluster: runs pods as processes, and reports how they end."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from local.containers import START_ERROR, Forerunner, Preparation, can_fork, kept_forerunner

from .agenda import Agenda
from .environment import DEFAULT_PATH, ConfigError, compose
from .objects import PODS, Json, timestamp
from .pod_names import PodNames
from .pods import current_container, show_running, show_terminated, show_waiting
from .process import ContainerProcess, Log
from .scheduler import Scheduler
from .store import Pod, Store

# The exit code after SIGTERM.
TERMINATED = 143


@dataclass(frozen=True)
class LocalImage:
    """What a container image stands for on this machine, and what may be done before there is a pod of it."""

    entrypoint: Sequence[str]
    cwd: str = "/"
    env: Mapping[str, str] = field(default_factory=dict)
    preparation: Preparation | None = None


class Kubelet:
    """Runs at most `parallel_pods` processes; `on_change` is called for every pod that became ready or ended."""

    def __init__(
        self, store: Store, agenda: Agenda, images: Mapping[str, LocalImage], parallel_pods: int, log_dir: Path | None
    ) -> None:
        self._store, self._agenda, self._images, self._log_dir = store, agenda, images, log_dir
        self.scheduler = Scheduler(store, parallel_pods, self._start)
        self._names = PodNames(store)
        self._processes: list[ContainerProcess] = []
        self._forerunners: dict[str, Forerunner] = {}
        self._closing = False
        self.on_change: Callable[[Pod], None]

    def prepare(self) -> None:
        """Start the processes that pods are forked from; until these are ready, pods are started without them."""
        for name, image in self._images.items():
            if image.preparation and can_fork():
                environment = {"PATH": DEFAULT_PATH, **image.env}
                start = kept_forerunner if image.preparation.kept else Forerunner
                self._forerunners[name] = start(image.preparation, image.entrypoint, environment, image.cwd)

    def is_prepared(self) -> bool:
        return all(forerunner.is_ready() for forerunner in self._forerunners.values())

    def delete(self, pod: Pod) -> None:
        """End a pod as a deletion does: SIGTERM, and SIGKILL after its grace period."""
        if pod.deleting:
            return
        grace = pod.body["spec"]["terminationGracePeriodSeconds"]
        pod.body["metadata"] |= {"deletionTimestamp": timestamp(), "deletionGracePeriodSeconds": grace}
        self._store.save_pod(pod)
        if pod.process in self._processes:
            pod.process.terminate()
            self._agenda.later(grace, pod.process.kill)
        else:
            self.scheduler.forget(pod)
            self._agenda.soon(partial(self.on_change, pod))

    def kill(self, pod: Pod, reason: str) -> None:
        """End a pod's process without warning, for a reason that its status will give."""
        pod.killed_for = reason
        if pod.process:
            pod.process.kill()

    def pids(self) -> list[int]:
        return [process.pid for process in self._processes]

    def close(self) -> None:
        with self._store.lock:
            self._closing = True
            processes = list(self._processes)
        for process in processes:
            process.kill()
        for process in processes:
            process.join()
        for name, forerunner in self._forerunners.items():
            preparation = self._images[name].preparation
            if preparation and not preparation.kept:
                forerunner.close()

    def _start(self, pod: Pod) -> None:
        container = current_container(pod.body)
        image = self._images.get(container["image"])
        if image is None:
            self._cannot_pull(pod, container)
            return
        try:
            environment = self._names.resolve(pod.body, compose(image.env, pod.body, container))
        except ConfigError as error:
            show_waiting(pod.body, "CreateContainerConfigError", str(error))
        else:
            show_waiting(pod.body, "ContainerCreating")
            command = [*(container.get("command") or image.entrypoint), *container.get("args", [])]
            pod.log = pod.logs.setdefault(container["name"], Log())
            self._launch(pod, command, environment, container.get("workingDir", image.cwd))
        self._store.save_pod(pod)

    def _launch(self, pod: Pod, command: list[str], environment: dict[str, str], directory: str) -> None:
        self.scheduler.occupy(pod)
        log_file = self._log_dir / f"{pod.body['metadata']['name']}.log" if self._log_dir else None
        exited = partial(self._exited, pod)
        forerunner = self._forerunners.get(current_container(pod.body)["image"])
        try:
            pod.process = ContainerProcess(command, environment, directory, pod.log, log_file, exited, forerunner)
        except (OSError, ValueError) as error:
            self._agenda.soon(partial(exited, START_ERROR, str(error)))
            return
        self._processes.append(pod.process)
        show_running(pod.body)
        self._agenda.soon(partial(self.on_change, pod))

    def _cannot_pull(self, pod: Pod, container: Json) -> None:
        image = container["image"]
        if container["imagePullPolicy"] == "Never":
            problem = f'Container image "{image}" is not present with pull policy of Never'
            show_waiting(pod.body, "ErrImageNeverPull", problem)
        else:
            problem = f'failed to pull and unpack image "{image}": not among the images of the local cluster'
            show_waiting(pod.body, "ErrImagePull", problem)
            self._agenda.soon(partial(self._back_off, pod, image))
        self._store.record_event(PODS, pod.body, "Warning", "Failed", f'Failed to pull image "{image}": {problem}')
        self._store.save_pod(pod)

    def _back_off(self, pod: Pod, image: str) -> None:
        if not pod.deleting:
            show_waiting(pod.body, "ImagePullBackOff", f'Back-off pulling image "{image}"')
            self._store.save_pod(pod)

    def _exited(self, pod: Pod, code: int, start_error: str) -> None:
        with self._store.lock:
            self.scheduler.release(pod)
            if pod.process:
                self._processes.remove(pod.process)
            if not self._closing:
                self._show_end(pod, code, start_error)
                self._go_on(pod)
                self.scheduler.schedule()

    def _go_on(self, pod: Pod) -> None:
        """Run the next container after an init container that ended well; announce a pod that has ended."""
        if pod.phase == "Pending" and not pod.deleting:
            self._start(pod)
            return
        if pod.phase == "Pending":
            self._show_end(pod, TERMINATED, "")
        self.on_change(pod)

    def _show_end(self, pod: Pod, code: int, start_error: str) -> None:
        policy = current_container(pod.body)["terminationMessagePolicy"]
        message = pod.log.last_words() if code and policy == "FallbackToLogsOnError" else ""
        reason = pod.killed_for or ("Error" if code else "Completed")
        if start_error:
            # It never ran, so its status must not show when it started.
            show_waiting(pod.body, "ContainerCreating")
            reason, message = "StartError", start_error
        show_terminated(pod.body, code, reason, message)
        self._store.save_pod(pod)

"""Decides when a pod may start: the node takes a few at a time, in the order in which they came."""

from collections.abc import Callable

from .objects import PODS
from .pods import show_unschedulable
from .store import Pod, Store

_NODE_RESOURCES = ("cpu", "memory", "ephemeral-storage")


class Scheduler:
    """Pods that wait for the node; `start` is called for each when there is room."""

    def __init__(self, store: Store, parallel_pods: int, start: Callable[[Pod], None]) -> None:
        self._store, self._parallel_pods, self._start = store, parallel_pods, start
        self._waiting: list[Pod] = []
        self._running: list[Pod] = []
        self._cordoned = False
        self.most_running = 0

    def admit(self, pod: Pod) -> None:
        self._waiting.append(pod)
        self.schedule()

    def occupy(self, pod: Pod) -> None:
        self._running.append(pod)
        self.most_running = max(self.most_running, len(self._running))

    def release(self, pod: Pod) -> None:
        self._running.remove(pod)

    def forget(self, pod: Pod) -> None:
        if pod in self._waiting:
            self._waiting.remove(pod)

    def cordon(self, cordoned: bool) -> None:
        self._cordoned = cordoned
        self.schedule()

    def schedule(self) -> None:
        """Start the pods that fit; the others show why they wait."""
        for pod in list(self._waiting):
            obstacle = self._obstacle(pod)
            if obstacle is None:
                self._waiting.remove(pod)
                self._start(pod)
            elif "conditions" not in pod.body["status"]:
                self._refuse(pod, f"0/1 nodes are available: {obstacle}.")

    def _refuse(self, pod: Pod, message: str) -> None:
        show_unschedulable(pod.body, message)
        self._store.record_event(PODS, pod.body, "Warning", "FailedScheduling", message)
        self._store.save_pod(pod)

    def _obstacle(self, pod: Pod) -> str | None:
        limits = pod.body["spec"]["containers"][0]["resources"].get("limits", {})
        lacking = [name for name in limits if name not in _NODE_RESOURCES]
        if lacking:
            return f"1 Insufficient {lacking[0]}"
        if self._cordoned:
            return "1 node(s) were unschedulable"
        return "1 Too many pods" if len(self._running) >= self._parallel_pods else None

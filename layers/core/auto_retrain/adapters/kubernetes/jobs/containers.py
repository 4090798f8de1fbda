"""The containers of a pod: ours, which run one by one, and those that others inject, such as the proxy of a mesh."""

from datetime import datetime
from typing import NamedTuple

from ..access.reading import number_at, object_at, objects_at, text_at, time_at
from ..access.transport import Json
from .pod import is_our_container

_STARTING = {"", "ContainerCreating", "PodInitializing"}
# The lists of containers in a pod's spec, and of their states in its status, in the order in which they start.
_INIT, _MAIN = ("initContainers", "initContainerStatuses"), ("containers", "containerStatuses")


class Container(NamedTuple):
    """A container of a pod: its name, its part of the spec, and its state."""

    name: str
    spec: Json
    state: Json

    @property
    def is_ours(self) -> bool:
        return is_our_container(self.name)

    @property
    def exit_code(self) -> int | None:
        """None if it has not ended."""
        return number_at(self.state, "terminated", "exitCode")

    @property
    def has_begun(self) -> bool:
        return "running" in self.state or self.exit_code is not None

    @property
    def waits_for(self) -> str:
        """What keeps it from starting; empty if nothing does, or only those before it."""
        reason = text_at(self.state, "waiting", "reason")
        return "" if reason in _STARTING else reason

    @property
    def has_trouble(self) -> bool:
        return bool(self.exit_code or self.waits_for)


def relevant_container(pod: Json) -> Container | None:
    """The container that explains how a pod is doing: ours, unless another one failed or keeps ours from starting."""
    ours = _current(pod)
    if ours and ours.exit_code != 0 and (ours.has_begun or ours.waits_for):
        return ours
    return next((other for other in _others(pod) if other.has_trouble), ours)


def logging_container(pod: Json) -> Container | None:
    """The container whose log people want: ours if it has begun."""
    ours = _current(pod)
    return ours if ours and ours.has_begun else relevant_container(pod)


def keepers(pod: Json) -> list[str]:
    """The names of other containers that keep a pod although all of ours have succeeded.

    Init containers that run all the time are not among them: the cluster ends them itself.
    """
    ours = _current(pod)
    if ours is None or ours.exit_code != 0:
        return []
    return [other.name for other in _containers(pod, *_MAIN) if not other.is_ours and other.exit_code is None]


def waits_since(pod: Json, scheduled: datetime | None) -> datetime | None:
    """Since when a container waits: when its pod has a node, and all before it have ended or keep running."""
    before = [container.state for container in _containers(pod, *_INIT)]
    moments = [time_at(state, "terminated", "finishedAt") or time_at(state, "running", "startedAt") for state in before]
    return max((moment for moment in (scheduled, *moments) if moment), default=None)


def _current(pod: Json) -> Container | None:
    """The first of ours that has not succeeded, else the last one."""
    ours = [container for container in _all(pod) if container.is_ours]
    return next((container for container in ours if container.exit_code != 0), ours[-1] if ours else None)


def _others(pod: Json) -> list[Container]:
    return [container for container in _all(pod) if not container.is_ours]


def _all(pod: Json) -> list[Container]:
    return [*_containers(pod, *_INIT), *_containers(pod, *_MAIN)]


def _containers(pod: Json, specs: str, statuses: str) -> list[Container]:
    by_name = {text_at(spec, "name"): spec for spec in objects_at(pod, "spec", specs)}
    names_and_states = (
        (text_at(status, "name"), object_at(status, "state")) for status in objects_at(pod, "status", statuses)
    )
    return [Container(name, by_name.get(name, {}), state) for name, state in names_and_states]

"""All traffic targets of a deployment behind one port."""

from collections.abc import Callable, Mapping

from ...domain.policy.traffic import TrafficTarget
from ...domain.traffic import DesiredRoute, Effect, Route
from ...ports import TrafficRouter


class TrafficTargets:
    """TrafficRouter that leaves each target to its own adapter, which is built when it is first needed."""

    def __init__(self, adapters: Mapping[str, Callable[[], TrafficRouter]]) -> None:
        self._adapters = adapters
        self._built: dict[str, TrafficRouter] = {}

    def read(self, model_name: str, target: TrafficTarget) -> Route | None:
        return self._of(target).read(model_name, target)

    def write(self, model_name: str, target: TrafficTarget, desired: DesiredRoute, seen: Route | None) -> None:
        self._of(target).write(model_name, target, desired, seen)

    def rehearse(self, model_name: str, target: TrafficTarget, desired: DesiredRoute) -> None:
        self._of(target).rehearse(model_name, target, desired)

    def verify(self, model_name: str, target: TrafficTarget, desired: DesiredRoute) -> Effect:
        return self._of(target).verify(model_name, target, desired)

    def _of(self, target: TrafficTarget) -> TrafficRouter:
        name = target.adapter
        if name not in self._built:
            self._built[name] = self._adapters[name]()
        return self._built[name]

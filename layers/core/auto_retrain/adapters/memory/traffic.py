"""Traffic in memory; its owner, such as a test, decides what becomes of a change."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...domain.errors import TrafficConflict, TrafficRefused, TrafficUnavailable
from ...domain.policy.traffic import TrafficTarget
from ...domain.traffic import DesiredRoute, Effect, EffectState, Route


@dataclass
class MemoryTraffic:
    """TrafficRouter that keeps the routes of models in `routes`, for every kind of target that has weights of its own.

    While `unavailable`, nothing answers. While `refuses` gives a reason, nothing is written. While `ignores`, writes
    are accepted and change nothing. A write is in force only after `pending_looks` more looks at it. With `arms`, only
    these versions can get requests.
    """

    routes: dict[str, Route] = field(default_factory=dict)
    unavailable: bool = False
    refuses: str = ""
    ignores: bool = False
    pending_looks: int = 0
    writes: int = 0
    arms: set[str] | None = None
    _written: dict[str, DesiredRoute] = field(default_factory=dict)
    _looks: dict[str, int] = field(default_factory=dict)

    def move(self, model_name: str, weights: Mapping[str, float], mirrors: Mapping[str, float] | None = None) -> None:
        """Let somebody else change a route."""
        before = self.routes.get(model_name)
        generation = str(1 + int(before.generation or 0) if before else 1)
        self.routes[model_name] = Route(weights=weights, mirrors=mirrors or {}, generation=generation)

    def read(self, model_name: str, target: TrafficTarget) -> Route | None:
        self._answer()
        return self.routes.get(model_name, Route(weights={}, generation="0"))

    def write(self, model_name: str, target: TrafficTarget, desired: DesiredRoute, seen: Route | None) -> None:
        self.check(model_name, target, desired)
        present = self.read(model_name, target)
        if present is None or present.follows(desired):
            return
        if seen and seen.generation != present.generation:
            raise TrafficConflict(f"the traffic of '{model_name}' is no longer as it was read; it is {present}")
        self._written[model_name], self._looks[model_name] = desired, self.pending_looks
        self.writes += 1
        if not self.ignores:
            self.move(model_name, desired.weights, desired.mirrors)

    def check(self, model_name: str, target: TrafficTarget, desired: DesiredRoute) -> None:
        self._answer()
        if self.refuses:
            raise TrafficRefused(self.refuses)
        absent = [version for version in desired.versions if self.arms is not None and version not in self.arms]
        if absent:
            raise TrafficRefused(f"version {', '.join(absent)} cannot get requests: nothing serves it")

    def verify(self, model_name: str, target: TrafficTarget, desired: DesiredRoute) -> Effect:
        self._answer()
        present = self.routes.get(model_name)
        if present is None or not present.follows(desired):
            state = EffectState.PENDING if self._is_ours(model_name, present) else EffectState.CONFLICT
            return Effect(state=state, reason=f"the traffic is {present}", route=present)
        looks = self._looks.get(model_name, 0)
        self._looks[model_name] = max(looks - 1, 0)
        if looks:
            return Effect(state=EffectState.PENDING, reason="it is not in force yet", route=present)
        return Effect(state=EffectState.IN_FORCE, route=present)

    def _is_ours(self, model_name: str, present: Route | None) -> bool:
        """Whether nobody else has moved a route since we wrote it, or tried to."""
        written = self._written.get(model_name)
        return self.ignores or (written is not None and present is not None and present.follows(written))

    def _answer(self) -> None:
        if self.unavailable:
            raise TrafficUnavailable("the traffic target does not answer")

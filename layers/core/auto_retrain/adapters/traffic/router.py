"""Traffic that our own router divides: `auto_retrain.serving.Router`."""

from ...domain.policy.traffic import TrafficTarget
from ...domain.traffic import DesiredRoute, Effect, EffectState, Route


class RouterTraffic:
    """TrafficRouter for models whose servers ask our Router.

    The Router reads the serving record itself, so the record is the route in force: nothing outside has to be written,
    read back or reconciled, and nothing can contradict it. Whether the servers really follow is told by the shares in
    the prediction log, which are checked against those that were asked for before anything else is judged.
    """

    def read(self, model_name: str, target: TrafficTarget) -> Route | None:
        return None

    def write(self, model_name: str, target: TrafficTarget, desired: DesiredRoute, seen: Route | None) -> None:
        """The serving record has been written already."""

    def rehearse(self, model_name: str, target: TrafficTarget, desired: DesiredRoute) -> None:
        """Whatever the serving record says can be followed."""

    def verify(self, model_name: str, target: TrafficTarget, desired: DesiredRoute) -> Effect:
        return Effect(state=EffectState.IN_FORCE)

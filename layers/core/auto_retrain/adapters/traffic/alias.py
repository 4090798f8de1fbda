"""Traffic that follows the alias `champion` in MLflow."""

from ...domain.errors import TrafficRefused
from ...domain.policy.traffic import TrafficTarget
from ...domain.traffic import DesiredRoute, Effect, EffectState, Route


class AliasTraffic:
    """TrafficRouter for models that are served under their alias: there is nothing to write, and nothing to read.

    The alias itself follows the serving record whatever the target is, so it is not moved here. A share of the requests
    cannot be given to a version; a challenger without any is as good as none.
    """

    def read(self, model_name: str, target: TrafficTarget) -> Route | None:
        return None

    def write(self, model_name: str, target: TrafficTarget, desired: DesiredRoute, seen: Route | None) -> None:
        self.rehearse(model_name, target, desired)

    def rehearse(self, model_name: str, target: TrafficTarget, desired: DesiredRoute) -> None:
        if problem := _problem(desired):
            raise TrafficRefused(problem)

    def verify(self, model_name: str, target: TrafficTarget, desired: DesiredRoute) -> Effect:
        problem = _problem(desired)
        return Effect(state=EffectState.FAILED if problem else EffectState.IN_FORCE, reason=problem)


def _problem(desired: DesiredRoute) -> str:
    if desired.weights == {desired.champion.number: 100} and not desired.mirrors:
        return ""
    return "the alias 'champion' names one version, which answers all requests; for shares use another traffic target"

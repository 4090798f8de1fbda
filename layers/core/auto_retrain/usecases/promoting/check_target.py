"""Asks the target of the traffic, before anything is written, whether a version could answer requests."""

from ...domain.errors import TrafficNotReady, TrafficRefused, TrafficUnavailable
from ...domain.model_version import ModelVersion
from ...domain.policy.traffic import TrafficTarget
from ...domain.traffic import DesiredRoute
from ...ports import Ports
from ...strategies import Action, Mirror, Promote, SetWeight


def check_target(
    model_name: str,
    champion: ModelVersion | None,
    challenger: ModelVersion,
    action: Action,
    target: TrafficTarget,
    ports: Ports,
) -> None:
    """Raise TrafficNotReady unless the target could carry out an action now.

    A Service or a variant may still be on its way. If it never comes, the job fails; the version is not to blame, so it
    is not taken back.
    """
    desired = _route_after(action, champion, challenger)
    if desired is None:
        return
    try:
        ports.traffic.check(model_name, target, desired)
    except (TrafficRefused, TrafficUnavailable) as error:
        raise TrafficNotReady(
            f"{error}. Nothing was changed. If this lasts, mend it, then retrain: auto-retrain retrain {model_name}"
        ) from error


def _route_after(action: Action, champion: ModelVersion | None, challenger: ModelVersion) -> DesiredRoute | None:
    if champion is None or isinstance(action, Promote):
        return DesiredRoute(champion=challenger)
    if isinstance(action, SetWeight):
        return DesiredRoute(champion=champion, challenger=challenger, weight=action.weight)
    if isinstance(action, Mirror):
        return DesiredRoute(champion=champion, challenger=challenger, mirror_share=action.share)
    return None

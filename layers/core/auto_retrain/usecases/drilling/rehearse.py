"""Reads everything that a rollback would need, and changes nothing."""

from functools import partial

from ...domain.drill import DrillStep
from ...domain.policy.traffic import TrafficTarget
from ...domain.traffic import DesiredRoute
from ...ports import Ports
from ..promoting.verify_files import check_can_serve_again
from .timed import timed


def rehearse(
    name: str, now: DesiredRoute, then: DesiredRoute, target: TrafficTarget, ports: Ports
) -> tuple[DrillStep, ...]:
    """Check the way from what should serve now to what would serve then; every step is taken, whatever fails."""
    return (
        timed("files", partial(check_can_serve_again, name, then.champion, ports), ports),
        timed("alias", partial(_check_alias, name, now, ports), ports),
        timed("traffic", partial(_check_traffic, name, now, then, target, ports), ports),
    )


def _check_alias(name: str, now: DesiredRoute, ports: Ports) -> str | None:
    alias, wanted = ports.registry.champion(name), now.champion.number
    named = f"version {alias}" if alias else "no version"
    return None if alias == wanted else f"the alias 'champion' names {named} instead of version {wanted}"


def _check_traffic(name: str, now: DesiredRoute, then: DesiredRoute, target: TrafficTarget, ports: Ports) -> str | None:
    route = ports.traffic.read(name, target)
    ports.traffic.check(name, target, then)
    return None if route is None or route.follows(now) else f"the traffic is {route} instead of {now.as_route}"

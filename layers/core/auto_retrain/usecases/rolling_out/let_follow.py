"""Makes traffic or the alias follow the serving record, unless somebody else has moved it."""

import logging
from typing import NamedTuple

from ...domain.errors import RegistryRefused, RegistryUnavailable, TrafficConflict
from ...domain.policy.traffic import TrafficTarget
from ...domain.serving import ServingRecord
from ...domain.text import one_line
from ...domain.traffic import DesiredRoute, EffectState, Route
from ...ports import Ports
from .own_states import OwnStates

_LOG = logging.getLogger(__name__)


class Seen(NamedTuple):
    """What was read back: where somebody else moved it, in words for people, or why it may not follow yet."""

    alias: str | None = None
    route: Route | None = None
    moved: str | None = None
    pending: str | None = None


def let_traffic_follow(
    record: ServingRecord, desired: DesiredRoute, target: TrafficTarget, own: OwnStates, ports: Ports
) -> Seen:
    name = record.model_name
    seen = ports.traffic.read(name, target)
    if record.is_applied and (seen is None or seen.follows(desired)):
        return Seen(route=seen)
    if seen is None or not seen.follows(desired):
        own.read()
        if seen and not own.have_route(seen):
            return Seen(route=seen, moved=f"the traffic is {seen} instead of {desired.as_route}")
        try:
            ports.traffic.write(name, target, desired, seen)
        except TrafficConflict as error:
            return Seen(route=seen, pending=one_line(str(error)))
    effect = ports.traffic.verify(name, target, desired)
    if effect.state is EffectState.IN_FORCE:
        return Seen(route=effect.route or (desired.as_route if seen else None))
    why = effect.reason or "the traffic target does not say why"
    return Seen(route=effect.route or seen, pending=f"the traffic is not as asked ({effect.state.value}): {why}")


def let_alias_follow(
    record: ServingRecord, desired: DesiredRoute, own: OwnStates, may_move: bool, ports: Ports
) -> Seen:
    name, wanted = record.model_name, desired.champion.number
    try:
        if not record.is_applied:
            own.read()  # before the alias is, because between its reading and its moving somebody else may move it
        seen = ports.registry.champion(name)
        if seen == wanted:
            return Seen(alias=seen)
        if record.is_applied:
            own.read()
        if not own.have_alias(seen):
            named = f"version {seen}" if seen else "no version"
            return Seen(alias=seen, moved=f"the alias 'champion' names {named} instead of version {wanted}")
        if not may_move:
            return Seen(alias=seen)
        ports.registry.set_champion(name, wanted)
        return Seen(alias=ports.registry.champion(name))
    except (RegistryUnavailable, RegistryRefused) as error:
        _LOG.error("the alias of %s does not follow its serving record: %s", name, error)
        if record.applied and record.applied.alias == wanted and (record.is_applied or own.keep_alias(wanted)):
            return Seen(alias=wanted)
        # What a silent server says differs each time, and a record is written for each news.
        why = f": {one_line(str(error))}" if isinstance(error, RegistryRefused) else ""
        return Seen(pending=f"the alias 'champion' could not be read or moved{why}")

"""Reminds people of models that are paused, so that nobody forgets that these are not retrained."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import takewhile

from ...domain.facts.policies import PauseOfModelLasts
from ...domain.policy.policy import AppliedPolicy, PolicyStatus
from ...domain.schedule import daily_slot
from ...ports import Ports
from ..audit.record import announce_alone

REPEAT_TIME = timedelta(days=28)
# All turns of a week announce the same fact: people are told once, and the event bus may be away for days.
_TRIED_FOR = timedelta(days=7)


def remind_of_pauses(fleet: Iterable[AppliedPolicy], since: datetime, at: datetime, ports: Ports) -> None:
    """Tell people every four weeks, in the model's own turn of the day."""
    for applied in fleet:
        slot = daily_slot(applied.policy.model, at)
        if applied.status is PolicyStatus.PAUSED and slot > since:
            pause = _beginning(applied.policy.model, ports) or applied
            if _is_due(slot - pause.applied_at):
                fact = _fact(applied, pause, (slot - pause.applied_at) // REPEAT_TIME, ports)
                announce_alone(fact, ports)


def _beginning(model_name: str, ports: Ports) -> AppliedPolicy | None:
    """The version with which the present pause began: a policy that is edited meanwhile stays paused."""
    paused = takewhile(lambda version: version.status is PolicyStatus.PAUSED, ports.policies.history(model_name))
    return min(paused, key=lambda version: version.version, default=None)


def _is_due(paused: timedelta) -> bool:
    return paused >= REPEAT_TIME and paused % REPEAT_TIME < _TRIED_FOR


def _fact(applied: AppliedPolicy, pause: AppliedPolicy, times: int, ports: Ports) -> PauseOfModelLasts:
    return PauseOfModelLasts(
        model_name=applied.policy.model,
        actor=pause.applied_by,
        at=ports.clock.now(),
        since=pause.applied_at,
        version=pause.version,
        weeks=times * REPEAT_TIME.days // 7,
        note=pause.note,
        owner=applied.policy.owner,
    )

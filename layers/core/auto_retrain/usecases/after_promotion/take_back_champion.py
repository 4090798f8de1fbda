"""Takes back a champion that failed after its promotion, by the way that every rollback goes."""

from datetime import datetime
from functools import partial

from ...domain.messages.rolling_out import RollbackOutcome
from ...domain.people import SYSTEM_ACTOR
from ...domain.serving import ServingChange, ServingRecord
from ...ports import Ports
from ..rolling_out.last_good import last_good
from ..rolling_out.take_back import take_back


def take_back_champion(
    model_name: str, version: str, reason: str, event_time: datetime, ports: Ports
) -> RollbackOutcome:
    """Let the last good champion serve again, unless something else happened to this one meanwhile.

    People are not told, which is left to the caller. `event_time` is when it failed, in the time of events.

    Raises:
        RollbackRefused: there is nothing to go back to.
        ServingConflict: others keep changing the serving record.
    """
    return take_back(model_name, partial(_decide, version, reason, event_time, ports), ports, tell=False)


def _decide(
    version: str, reason: str, event_time: datetime, ports: Ports, record: ServingRecord
) -> ServingChange | str:
    if not record.watches(version):
        return f"version {version} is not watched any more"
    if record.rollout or record.conflict:
        return "a rollout is under way" if record.rollout else f"somebody else is at work: {record.conflict}"
    return record.rolled_back_to(last_good(record, ports), SYSTEM_ACTOR, reason, ports.clock.now(), event_time)

"""Lets an earlier champion really answer the requests, then brings the champion back."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from ...domain.drill import DrillStep
from ...domain.errors import TransientError
from ...domain.model_version import ModelVersion
from ...domain.policy.traffic import TrafficTarget
from ...domain.serving import ServingRecord
from ...domain.text import one_line
from ...ports import Ports
from ..rolling_out.end_drill import end_drill, write_drill
from ..rolling_out.follow import follow
from ..rolling_out.newest_record import on_newest
from .timed import timed

POLL_SECONDS = 2.0
# A server that has to load a version first needs minutes.
MAX_WAIT = timedelta(minutes=10)
# Then the watcher of rollouts may take it that whoever began a drill has died.
LONGEST_DRILL = MAX_WAIT + timedelta(minutes=2)

Wait = Callable[[float], None]


def there_and_back(
    record: ServingRecord, version: ModelVersion, actor: str, target: TrafficTarget, ports: Ports, wait: Wait
) -> tuple[DrillStep, DrillStep]:
    """Both ways, each until alias and traffic are read back; the way back is taken whatever happens on the other one.

    Raises ServingConflict if somebody has changed the record meanwhile; then nothing was moved.
    """
    began = ports.clock.now()
    change = record.drilled(version, actor, began, began + LONGEST_DRILL)
    try:
        written = write_drill(change, ports)
        there = timed("there", partial(_problem_of_following, written, target, ports, wait), ports)
    finally:
        bringing_back = partial(_bring_back, record.model_name, began, actor, target, ports, wait)
        back = timed("back", bringing_back, ports)
    return there, back


def _bring_back(
    model_name: str, began: datetime, actor: str, target: TrafficTarget, ports: Ports, wait: Wait
) -> str | None:
    ended = on_newest(model_name, partial(_end, began, actor, ports), ports)
    if ended is None:
        return "somebody else ended the drill, or changed what serves"
    return _problem_of_following(ended, target, ports, wait)


def _end(began: datetime, actor: str, ports: Ports, record: ServingRecord) -> ServingRecord | None:
    """The record without the drill that began then; None if that is over, whoever ended it."""
    if record.drill is None or (record.drill.since, record.drill.actor) != (began, actor):
        return None
    return end_drill(record, actor, "the drill is over", ports)


def _problem_of_following(record: ServingRecord, target: TrafficTarget, ports: Ports, wait: Wait) -> str | None:
    """Why alias and traffic are not read back as the record wants them, however often one looks; None once they are."""
    until, sequence = ports.clock.now() + MAX_WAIT, record.sequence
    while True:
        try:
            record = follow(record, target, ports)
            why = record.applied.pending if record.applied else None
        except TransientError as error:
            why = one_line(f"{type(error).__name__}: {error}")
        if record.sequence != sequence:
            return "somebody else changed what serves meanwhile"
        if record.conflict or record.is_applied:
            return record.conflict
        if ports.clock.now() >= until:
            return f"not in force after {MAX_WAIT.seconds // 60} minutes: {why or 'alias or traffic do not follow'}"
        wait(POLL_SECONDS)

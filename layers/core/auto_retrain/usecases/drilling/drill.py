"""Rehearses a rollback: everything that it needs is read and, live, the requests really go there and back."""

import time

from ...domain.drill import Drill, DrillStep
from ...domain.errors import DrillRefused
from ...domain.facts.drilling import DrillFailed, DrillPassed
from ...domain.people import check_person
from ...domain.serving import ServingRecord
from ...ports import Ports
from ..audit.record import announce, record
from ..lookup import newest_version, owner_in
from ..rolling_out.roll_back import taken_back
from ..rolling_out.traffic_target import target_of
from .rehearse import rehearse
from .there_and_back import Wait, there_and_back
from .timed import seconds_since


def drill_rollback(model_name: str, actor: str, live: bool, ports: Ports, wait: Wait = time.sleep) -> Drill:
    """Rehearse what a rollback would do now, and keep what each step took; its `problem` is what would fail.

    A live drill moves something only if nothing was wrong with what was read. If this process dies in the middle, the
    watcher of rollouts brings the champion back.

    Raises:
        EventInvalid: the actor cannot be recorded.
        ModelUnknown, RollbackRefused: there is nothing to go back to.
        DrillRefused: a live drill cannot begin now; the message says what is in its way.
        ServingConflict: somebody has changed what serves at the same moment; nothing was moved.
    """
    check_person(actor)
    at, before = ports.clock.now(), ports.ledger.serving(model_name)
    if live:
        _check_is_settled(before)
    # A shadow of the record: what a rollback would write, and nobody does.
    now, then = before.desired, taken_back(before, actor, "a drill", at, ports).record.desired
    assert now is not None
    assert then is not None
    read = DrillStep(name="record", seconds=seconds_since(at, ports))
    target = target_of(before, newest_version(model_name, ports))
    steps = (read, *rehearse(model_name, now, then, target, ports))
    if live and not any(step.problem for step in steps):
        steps += there_and_back(before, then.champion, actor, target, ports, wait)
    drill = Drill(
        taken_back=now.challenger.number if now.challenger else now.champion.number,
        target=then.champion.number,
        live=live,
        actor=actor,
        at=at,
        steps=steps,
    )
    fact = _fact(model_name, drill, ports)
    ports.states.record_drill(model_name, drill, fact)
    announce(fact, ports) if isinstance(fact, DrillFailed) else record(fact, ports)
    return drill


def _check_is_settled(record: ServingRecord) -> None:
    """Raise DrillRefused unless the champion serves, and nothing else is going on."""
    in_the_way = None
    if record.rollout:
        in_the_way = f"a rollout of version {record.rollout.challenger.number} is under way"
    elif record.drill:
        in_the_way = f"a drill of {record.drill.actor} is under way, until {record.drill.until:%F %T} UTC at the latest"
    elif record.conflict:
        in_the_way = f"somebody else moved what serves: {record.conflict}"
    elif not record.is_applied:
        in_the_way = "alias or traffic do not follow the serving record yet"
    if in_the_way:
        raise DrillRefused(f"'{record.model_name}' cannot be drilled live now: {in_the_way}")


def _fact(model_name: str, drill: Drill, ports: Ports) -> DrillPassed | DrillFailed:
    about = {"model_name": model_name, "actor": drill.actor, "at": drill.at, "target": drill.target, "live": drill.live}
    if drill.problem is None:
        return DrillPassed(**about, seconds=drill.seconds)
    return DrillFailed(**about, problem=drill.problem, owner=owner_in(newest_version(model_name, ports)))

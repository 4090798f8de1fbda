"""Ends a live drill: the champion answers the requests again."""

from ...domain.facts.drilling import DrillLeft, DrillMoved
from ...domain.facts.fact import Fact
from ...domain.people import SYSTEM_ACTOR
from ...domain.serving import ServingChange, ServingRecord
from ...ports import Ports
from ..audit.record import announce
from ..audit.record import record as record_fact
from ..lookup import newest_version, owner_in
from .follow import follow
from .traffic_target import target_of


def end_drill(record: ServingRecord, actor: str, reason: str, ports: Ports, *facts: Fact) -> ServingRecord:
    """The record with the champion in its place; traffic and alias are still to follow.

    Raises ServingConflict if somebody has changed the record meanwhile.
    """
    return write_drill(record.drill_ended(actor, reason, ports.clock.now()), ports, *facts)


def write_drill(change: ServingChange, ports: Ports, *facts: Fact) -> ServingRecord:
    """Write that a drill begins or ends, with what else there is to say; raises ServingConflict as the ledger does."""
    line = change.line
    moved = DrillMoved(
        model_name=line.model_name,
        actor=line.actor,
        at=line.deployed_at,
        version=line.version.number,
        sequence=line.sequence,
        reason=line.reason,
    )
    written = ports.ledger.write(change, facts=[moved, *facts])
    record_fact(moved, ports)
    return written


def end_overdue_drill(record: ServingRecord, ports: Ports) -> ServingRecord:
    """End a drill that was not ended in time by who began it: their process has died. People are told."""
    drill = record.drill
    if drill is None or record.champion is None or ports.clock.now() < drill.until:
        return record
    fact = DrillLeft(
        model_name=record.model_name,
        actor=drill.actor,
        at=ports.clock.now(),
        sequence=record.sequence + 1,
        champion=record.champion.version.number,
        target=drill.target.number,
        owner=owner_in(newest_version(record.model_name, ports)),
    )
    ended = end_drill(record, SYSTEM_ACTOR, f"{drill.actor} did not end the drill", ports, fact)
    announce(fact, ports)
    return ended


def undrilled(record: ServingRecord, ports: Ports) -> ServingRecord:
    """The record with the champion back in its place, for what cannot wait until a drill has ended.

    Raises what `follow` raises.
    """
    if record.drill is None:
        return record
    ended = end_drill(record, SYSTEM_ACTOR, "a deployment comes first", ports)
    return follow(ended, target_of(ended, newest_version(record.model_name, ports)), ports)

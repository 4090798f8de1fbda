"""Makes traffic, then the alias, follow the serving record, and reads both back."""

from datetime import timedelta

from ...domain.errors import ServingConflict, TrafficRefused, TrafficUnavailable
from ...domain.facts.fact import Fact
from ...domain.facts.promoting import ServingInForce
from ...domain.facts.taking_back import ServingAgrees
from ...domain.policy.traffic import TrafficTarget
from ...domain.rollout import Applied
from ...domain.serving import ServingRecord
from ...domain.traffic import DesiredRoute
from ...ports import Ports
from ..audit.record import announce
from ..audit.record import record as record_fact
from .adopt import adopt, chosen, joined, moved_fact
from .let_follow import Seen, let_alias_follow, let_traffic_follow
from .own_states import OwnStates

MAX_CONFLICTS = 8
# While a difference lasts, people are told of it every day; what they were told before that is long over.
TOLD_LATELY = timedelta(days=2)


def follow(record: ServingRecord, target: TrafficTarget, ports: Ports) -> ServingRecord:
    """The record with what was read back; a newer one, if somebody has written that meanwhile.

    What is merely behind is written. What somebody else moved stays: if it is one version for every request, that is
    the champion from now on; anything else is a conflict. If MLflow is away, the alias follows later.

    Raises:
        TrafficUnavailable: the traffic target could not be reached; the alias may follow nevertheless.
        TrafficRefused: it does not exist, or cannot do what is desired.
        ServingConflict: others keep changing the record.
    """
    written: list[DesiredRoute] = []
    for _ in range(MAX_CONFLICTS):
        try:
            return _follow(record, target, written, ports)
        except ServingConflict:
            written += [record.desired] if record.desired else []
            record = ports.ledger.serving(record.model_name)
    return _follow(record, target, written, ports)


def _follow(record: ServingRecord, target: TrafficTarget, written: list[DesiredRoute], ports: Ports) -> ServingRecord:
    desired = record.desired
    if desired is None:
        return record
    own = OwnStates(record, target, written, ports)
    try:
        traffic = let_traffic_follow(record, desired, target, own, ports)
    except (TrafficUnavailable, TrafficRefused):
        # Whoever loads the champion by its alias must not wait for a target that is away.
        let_alias_follow(record, desired, own, True, ports)
        raise
    alias = let_alias_follow(record, desired, own, traffic.moved is None, ports)
    adopted = adopt(record, traffic, alias, own, ports)
    return _follow(adopted, target, written, ports) if adopted else _noted(record, target, traffic, alias, own, ports)


def _noted(
    record: ServingRecord, target: TrafficTarget, traffic: Seen, alias: Seen, own: OwnStates, ports: Ports
) -> ServingRecord:
    """The record with what was read back, stored if that is news."""
    conflict = joined(traffic.moved, alias.moved)
    pending = joined(traffic.pending, alias.pending)
    before = record.applied
    applied = Applied(alias=alias.alias, route=traffic.route, at=ports.clock.now(), pending=pending)
    if conflict is None and record.changed(applied=applied).is_applied:
        applied = applied.changed(target=target, sequence=record.sequence)
    elif before:
        applied = applied.changed(target=before.target, sequence=before.sequence)
    after = record.read_back(applied, conflict)
    agrees = _agreement(after, ports)
    if before and not agrees and after.changed(applied=applied.changed(at=before.at)) == record:
        return record
    facts: list[Fact] = []
    if conflict and conflict != record.conflict:
        moved = moved_fact(record, conflict, chosen(traffic, alias, own), ports)
        after = after.told(ports.clock.now()) if announce(moved, ports) else after
        facts = [moved]
    if conflict != record.conflict:
        # First: if we die in between, the difference is news once more.
        ports.states.record_moved_alias(record.model_name, conflict, *facts)
    over: tuple[Fact, ...] = ()
    if agrees and announce(agrees, ports):
        after, over = after.changed(told_at=None), (agrees,)
    return _note(after, before.sequence if before else None, over, ports)


def _agreement(record: ServingRecord, ports: Ports) -> ServingAgrees | None:
    """The end of a difference that people were told of, if this is it."""
    at, champion, told_at = ports.clock.now(), record.champion_number, record.told_at
    if not record.is_settled or champion is None or told_at is None or at - told_at > TOLD_LATELY:
        return None
    job_id = record.rollout.job_id if record.rollout else None
    return ServingAgrees(model_name=record.model_name, job_id=job_id, at=at, version=champion, told_at=told_at)


def _note(record: ServingRecord, sequence: int | None, facts: tuple[Fact, ...], ports: Ports) -> ServingRecord:
    """Store the record, with the fact that it is in force if that is news since this line of the ledger."""
    applied = record.applied
    if applied is None or not record.is_applied or applied.sequence == sequence:
        return ports.ledger.note(record, *facts)
    fact = ServingInForce(
        model_name=record.model_name,
        at=applied.at,
        sequence=record.sequence,
        alias=applied.alias,
        weights=dict(applied.route.weights) if applied.route else {},
    )
    noted = ports.ledger.note(record, fact, *facts)
    record_fact(fact, ports)
    return noted

"""Lets a broken audit chain go on, at the word of a person; what is wrong with it is said for ever."""

from collections.abc import Sequence
from typing import NamedTuple

from ...domain.audit_chain import MAX_NUMBER, AuditEntry, ChainHead, entries_after
from ...domain.audit_findings import ChainFindings
from ...domain.errors import EventInvalid, RecordInvalid
from ...domain.facts.auditing import ChainBreakAccepted
from ...domain.people import check_person
from ...ports import Ports
from ...proof.anchors import AnchorCheck
from ...proof.chain import check_chain
from ...proof.completeness import signs_of, with_completeness
from .record import announce
from .verify_audit import records_of, refuse_unknown, since

# What fits into an entry by far; a verification goes on to report the others.
MAX_RECORDS = 1000


class _Chain(NamedTuple):
    """A chain as it is stored, and what anchors say of it; the head is None if it cannot be read."""

    entries: Sequence[AuditEntry]
    head: ChainHead | None
    anchors: AnchorCheck


def accept_break(model_name: str, reason: str, actor: str, ports: Ports) -> ChainBreakAccepted:
    """Append an entry after which the chain goes on: it names the damage, the last entry that is proven, and who.

    A verification finds the same damage for ever and calls it accepted; any other is damage as before.

    Raises:
        EventInvalid: nothing is wrong with the chain, or the actor or the reason cannot be recorded.
        RecordInvalid: an item is no entry, so where the chain ends cannot be said.
        AuditConflict: somebody has written about the model meanwhile.
    """
    check_person(actor, reason)
    anchors = AnchorCheck().read(ports.anchors.history())
    records, head = records_of(model_name, ports), _readable_head(model_name, ports)
    broken = _Chain(list(ports.audit.entries(model_name)), head, anchors)
    signs: set[str] = set()
    before = check_chain(
        model_name,
        broken.entries,
        anchors.hashes.get(model_name, {}),
        head=head,
        newest_head=(lambda: head) if head else None,
        note=lambda fact: signs.update(signs_of(fact)),
    )
    before = with_completeness(before, records, signs, since(before, anchors), MAX_RECORDS)
    if head and before.is_intact and before.is_complete:
        if not broken.entries:
            refuse_unknown(model_name, ports)
        raise EventInvalid(f"the audit chain of '{model_name}' is not broken, so there is nothing to accept")
    end = _end_of(model_name, broken)
    fact = _fact(before, head, end, reason, actor, ports)
    fact = _as_those_will_see_it_who_read_on(fact, broken, end)
    ports.audit.resume(fact, end, head)
    announce(fact, ports)
    return fact


def _readable_head(model_name: str, ports: Ports) -> ChainHead | None:
    try:
        return ports.audit.head(model_name)
    except RecordInvalid:
        return None


def _end_of(model_name: str, broken: _Chain) -> ChainHead:
    """The farthest place that anything knows of, so that no later anchor goes back behind an earlier one."""
    places = [entry.head for entry in broken.entries] + ([broken.head] if broken.head else [])
    for number, digest in broken.anchors.hashes.get(model_name, {}).items():
        places.append(ChainHead(model_name=model_name, number=number, hash=digest))
    known = [place for place in places if place.number < MAX_NUMBER]
    # Of several with the same number, the entry that is stored.
    return max(known, key=lambda place: place.number, default=ChainHead(model_name=model_name))


def _fact(
    before: ChainFindings, head: ChainHead | None, end: ChainHead, reason: str, actor: str, ports: Ports
) -> ChainBreakAccepted:
    unreadable = () if head else ("the head of the chain cannot be read",)
    return ChainBreakAccepted(
        model_name=before.model_name,
        actor=actor,
        at=ports.clock.now(),
        reason=reason,
        number=end.number + 1,
        proven=before.proven,
        proven_hash=None,
        damage_count=0,
        damages_hash="",
        damages=(*unreadable, *(damage.sentence for damage in before.damages)),
        records=before.unrecorded,
    )


def _as_those_will_see_it_who_read_on(fact: ChainBreakAccepted, broken: _Chain, end: ChainHead) -> ChainBreakAccepted:
    """With exactly what a verification will have found wrong when it comes to the entry of this fact."""
    (accepting,) = entries_after(end, [fact])
    anchored = broken.anchors.hashes.get(fact.model_name, {})
    found = check_chain(fact.model_name, [*broken.entries, accepting], anchored, head=accepting.head)
    hashes = {entry.number: entry.hash for entry in broken.entries}
    return fact.changed(
        proven_hash=hashes.get(fact.proven), damage_count=found.damage_count, damages_hash=found.damages_hash
    )

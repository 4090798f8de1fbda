"""Chains of facts, their anchors, and the attacks on them."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from auto_retrain.domain.anchors import Anchor, StoredAnchor, anchor_key, next_anchor
from auto_retrain.domain.audit_chain import AuditEntry, ChainHead, entries_after
from auto_retrain.domain.audit_findings import DamageKind
from auto_retrain.domain.facts.fact import Fact
from auto_retrain.domain.facts.triggering import TriggerJudged

AT = datetime(2026, 3, 1, 6, tzinfo=UTC)
Entries = list[AuditEntry]


def a_fact(number: int, model: str = "churn", reason: str = "every 30 days") -> Fact:
    return TriggerJudged(
        model_name=model,
        at=AT + timedelta(hours=number),
        trigger_type="scheduled",
        outcome="not_due",
        reason=reason,
        event_time=AT + timedelta(hours=number),
        decision_hash="0" * 64,
        key=f"key-{number}",
    )


def a_chain(length: int, model: str = "churn", reason: str = "every 30 days") -> Entries:
    return entries_after(ChainHead(model_name=model), [a_fact(number + 1, model, reason) for number in range(length)])


def hashes(entries: Sequence[AuditEntry], *numbers: int) -> dict[int, str]:
    """What anchors say that were made after these numbers."""
    return {number: entries[number - 1].hash for number in numbers}


def stored(anchor: Anchor) -> StoredAnchor:
    return StoredAnchor(
        key=anchor_key(anchor.sequence),
        document=anchor.document,
        locked_until=anchor.at + timedelta(days=2555),
    )


def anchored(*moments: Sequence[ChainHead]) -> list[StoredAnchor]:
    """One anchor an hour, with the heads of each moment."""
    anchors: list[StoredAnchor] = []
    for hour, heads in enumerate(moments):
        anchor = next_anchor(heads, AT + timedelta(hours=hour), anchors[-1] if anchors else None)
        assert anchor
        anchors.append(stored(anchor))
    return anchors


class Attack(NamedTuple):
    """What somebody does to a chain of ten entries of which eight are anchored, and what has to be said about it."""

    name: str
    change: Callable[[Entries], Entries]
    kind: DamageKind
    number: int
    proven: int


def rehashed(entries: Entries, first: int, text: str) -> Entries:
    """The entry with this number gets another text, and everything from there on gets fitting hashes."""
    changed = entries[: first - 1]
    texts = [text, *(entry.text for entry in entries[first:])]
    for number, each in enumerate(texts, start=first):
        changed.append(an_entry(number, changed[-1].hash if changed else "0" * 64, each))
    return changed


def an_entry(number: int, previous_hash: str, text: str, model: str = "churn") -> AuditEntry:
    """An entry with a fitting hash."""
    from auto_retrain.domain.audit_chain import entry_hash

    return AuditEntry(
        model_name=model,
        number=number,
        previous_hash=previous_hash,
        text=text,
        hash=entry_hash(model, number, previous_hash, text),
    )


def edited(entry: AuditEntry) -> str:
    return entry.text.replace('"not_due"', '"started"')


def _replaced(entries: Entries, number: int, entry: AuditEntry) -> Entries:
    return [*entries[: number - 1], entry, *entries[number:]]


def _edit(entries: Entries) -> Entries:
    return _replaced(entries, 5, entries[4].changed(text=edited(entries[4])))


def _edit_and_rehash_one(entries: Entries) -> Entries:
    return _replaced(entries, 5, an_entry(5, entries[4].previous_hash, edited(entries[4])))


def _swap(entries: Entries) -> Entries:
    return [*entries[:4], entries[5], entries[4], *entries[6:]]


def _swap_facts(entries: Entries) -> Entries:
    """The numbers stay in order."""
    fifth, sixth = entries[4].changed(text=entries[5].text), entries[5].changed(text=entries[4].text)
    return [*entries[:4], fifth, sixth, *entries[6:]]


def _swap_places(entries: Entries) -> Entries:
    """As in a table, where the number of an entry is part of its key."""
    fifth, sixth = entries[4].changed(number=6), entries[5].changed(number=5)
    return [*entries[:4], sixth, fifth, *entries[6:]]


def _in_the_place_of_another_model(entries: Entries) -> Entries:
    return _replaced(entries, 5, a_chain(5, "fraud")[4].changed(model_name="churn"))


def _of_another_model(entries: Entries) -> Entries:
    return _replaced(entries, 5, a_chain(5, "fraud")[4])


def _fact_of_another_model(entries: Entries) -> Entries:
    return rehashed(entries, 5, a_chain(5, "fraud")[4].text)


def _not_canonical(entries: Entries) -> Entries:
    return rehashed(entries, 5, entries[4].text.replace('","', '", "'))


ATTACKS = (
    Attack("an edit", _edit, "altered", 5, 4),
    Attack("an edit with a fresh hash", _edit_and_rehash_one, "forked", 6, 4),
    Attack("an edit, all rehashed", lambda each: rehashed(each, 5, edited(each[4])), "rewritten", 8, 0),
    Attack("another hash", lambda each: _replaced(each, 5, each[4].changed(hash="0" * 64)), "altered", 5, 4),
    Attack("a deletion", lambda each: [*each[:4], *each[5:]], "missing", 5, 4),
    Attack("a swap", _swap, "swapped", 5, 4),
    Attack("a swap of facts", _swap_facts, "altered", 5, 4),
    Attack("a swap of contents", _swap_places, "swapped", 5, 4),
    Attack("an entry twice", lambda each: [*each[:5], *each[4:]], "duplicate", 5, 4),
    Attack("a fork", lambda each: [*each[:5], an_entry(5, each[3].hash, each[8].text), *each[5:]], "duplicate", 5, 4),
    Attack("another history from 6 on", lambda each: [*each[:5], *a_chain(10, reason="x")[5:]], "forked", 6, 4),
    Attack("the beginning cut off", lambda each: each[3:], "missing", 1, 0),
    Attack("the end cut off", lambda each: each[:7], "truncated", 8, 7),
    Attack("the end cut off after the anchor", lambda each: each[:9], "truncated", 10, 9),
    Attack("all deleted", lambda each: [], "truncated", 1, 0),
    Attack("all written anew", lambda each: a_chain(10, reason="nothing happened"), "rewritten", 8, 0),
    Attack("an entry of another model", _of_another_model, "foreign", 5, 4),
    Attack("an entry of another model in our place", _in_the_place_of_another_model, "foreign", 5, 4),
    Attack("a fact of another model, rehashed", _fact_of_another_model, "foreign", 5, 4),
    Attack("a text that is no JSON, rehashed", lambda each: rehashed(each, 5, "{"), "unreadable", 5, 4),
    Attack("a text that is not canonical, rehashed", _not_canonical, "unreadable", 5, 4),
)

"""Verifies one audit chain, entry by entry; memory does not grow with the chain."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import chain, pairwise
from typing import Any, get_args

from ..domain.audit_chain import NO_HASH, AuditEntry, ChainHead, entry_hash
from ..domain.audit_findings import AcceptedBreak, ChainFindings, Damage, DamageKind
from ..domain.facts.any_fact import AnyFact
from ..domain.facts.auditing import ChainBreakAccepted
from .canonical import NotCanonical, canonical_object

# Of each kind of finding; the rest is counted.
MAX_SHOWN = 20
# Numbers that a wrong hash is tried with: the head, which says how many there are, may be forged as well.
MAX_TRIED = 100_000
KINDS = frozenset(fact.model_fields["kind"].default for fact in get_args(get_args(AnyFact)[0]))
ACCEPTED: str = ChainBreakAccepted.model_fields["kind"].default
# Of the entry before the first one that is read, if that is not the first of its chain.
_UNKNOWN_HASH = ""


def check_chain(
    model_name: str,
    entries: Iterable[AuditEntry],
    anchored: Mapping[int, str],
    *,
    head: ChainHead | None = None,
    newest_head: Callable[[], ChainHead] | None = None,
    begins_at: int = 1,
    note: Callable[[dict[str, Any]], None] = lambda fact: None,
) -> ChainFindings:
    """Verify the entries of a model, which have to be in order, against each other and what else is known of them.

    `anchored` has the hashes that anchors give, by number; `head` is what the store said was the last entry before it
    was asked for the entries, of which `begins_at` is the first number; `newest_head` is asked after the last of them.
    Each readable fact goes to `note`.
    """
    walk = _Walk(model_name, anchored, head, begins_at, note)
    for entry, following in _with_next(entries):
        walk.step(entry, following)
    return walk.findings(newest_head() if newest_head else None)


def _with_next(entries: Iterable[AuditEntry]) -> Iterator[tuple[AuditEntry, AuditEntry | None]]:
    pairs: Iterator[Any] = pairwise(chain(entries, [None]))
    return pairs


class DamageSeal:
    """Counts damages and hashes them in order, so that exactly these can be accepted."""

    def __init__(self) -> None:
        self.count, self._digest = 0, hashlib.sha256()

    def add(self, damage: Damage) -> None:
        self.count += 1
        self._digest.update(
            f"{damage.kind}\0{damage.number}\0{damage.expected}\0{damage.seen}\n".encode(errors="replace")
        )

    @property
    def hash(self) -> str:
        return self._digest.hexdigest()


class _Walk:
    """How far a chain was read, and what was wrong with it until there."""

    def __init__(
        self,
        model_name: str,
        anchored: Mapping[int, str],
        head: ChainHead | None,
        begins_at: int,
        note: Callable[[dict[str, Any]], None],
    ) -> None:
        self._model, self._anchored, self._head, self._begins_at, self._note = (
            model_name,
            anchored,
            head,
            begins_at,
            note,
        )
        self._number, self._hash = begins_at - 1, NO_HASH if begins_at == 1 else _UNKNOWN_HASH
        self._entries = self._vouched = self._damage_count = 0
        self._proven: int | None = None
        self._hash_at_head = NO_HASH
        self._damages: list[Damage] = []
        self._seal = DamageSeal()
        self._accepted: list[AcceptedBreak] = []
        self._unknown: list[str] = []
        self._first_at = self._last_at = ""

    def step(self, entry: AuditEntry, following: AuditEntry | None) -> None:
        self._entries += 1
        in_place = self._check_place(entry, following)
        sound = self._check_content(entry, linked=in_place)
        if self._head and entry.number == self._head.number:
            self._hash_at_head = entry.hash
        # An entry that comes too late is in another's place; the chain goes on after the one before.
        if entry.number > self._number:
            self._number = entry.number
            self._hash = entry.hash if sound else _UNKNOWN_HASH

    def _check_place(self, entry: AuditEntry, following: AuditEntry | None) -> bool:
        expected = self._number + 1
        if entry.number == expected:
            return True
        if entry.number > expected:
            later = following is not None and expected <= following.number < entry.number
            self._damaged("swapped" if later else "missing", expected, f"entry {expected}", f"entry {entry.number}")
        elif entry.number == self._number:
            self._damaged("duplicate", entry.number, f"entry {expected}", f"another entry {entry.number}")
        else:
            self._damaged("swapped", entry.number, f"entry {expected}", f"entry {entry.number}")
        return False

    def _check_content(self, entry: AuditEntry, linked: bool) -> bool:
        if entry.model_name != self._model:
            return self._damaged("foreign", entry.number, self._model, entry.model_name)
        digest = _hash_of(entry)
        if digest != entry.hash:
            return self._damaged(*self._explained(entry, digest))
        if linked and self._hash != _UNKNOWN_HASH and entry.previous_hash != self._hash:
            self._damaged("forked", entry.number, self._hash, entry.previous_hash)
        anchored = self._anchored.get(entry.number)
        if anchored == entry.hash:
            self._vouched = entry.number
        elif anchored is not None:
            self._damaged("rewritten", entry.number, anchored, entry.hash)
        return self._check_fact(entry)

    def _explained(self, entry: AuditEntry, digest: str) -> tuple[DamageKind, int, str, str]:
        """What a hash that does not fit comes from: stores know the model and the number from where the entry is."""
        altered: tuple[DamageKind, int, str, str] = ("altered", entry.number, entry.hash, digest)
        if self._damage_count >= MAX_SHOWN:
            return altered
        numbers = range(1, min(self._last_known, MAX_TRIED) + 1)
        if number := next((number for number in numbers if _hash_of(entry, number=number) == entry.hash), None):
            return ("swapped", entry.number, f"entry {entry.number}", f"entry {number}")
        try:
            other = str(canonical_object(entry.text).get("model_name"))
        except NotCanonical:
            return altered
        if _hash_of(entry, model_name=other) == entry.hash:
            return ("foreign", entry.number, self._model, other)
        return altered

    @property
    def _last_known(self) -> int:
        """The last number that the chain must have."""
        return max([*self._anchored, self._head.number if self._head else 0])

    def _check_fact(self, entry: AuditEntry) -> bool:
        try:
            fact = canonical_object(entry.text)
        except NotCanonical as error:
            return self._damaged("unreadable", entry.number, "a fact as canonical JSON", str(error))
        if fact.get("model_name") != self._model:
            return self._damaged("foreign", entry.number, self._model, str(fact.get("model_name")))
        kind = fact.get("kind")
        if str(kind) not in KINDS:
            self._not_checked(f"entry {entry.number} is a fact of an unknown kind: {kind!r}")
        self._last_at = str(fact.get("at"))
        self._first_at = self._first_at or self._last_at
        if kind == ACCEPTED:
            self._check_acceptance(entry.number, fact)
        self._note(fact)
        return True

    def _check_acceptance(self, number: int, fact: dict[str, Any]) -> None:
        """Damage that was accepted, and no other, is none of what follows."""
        if (fact.get("damage_count"), fact.get("damages_hash")) != (self._seal.count, self._seal.hash):
            partly = "; read all, without --from-anchor" if self._begins_at > 1 else ""
            self._not_checked(f"entry {number} accepts other damage than is seen{partly}")
            return
        try:
            self._accepted.append(AcceptedBreak.model_validate({**fact, "number": number}, extra="ignore"))
        except ValueError:
            self._not_checked(f"entry {number} accepts a break in words of another release")
            return
        self._damages, self._damage_count, self._proven, self._seal = [], 0, None, DamageSeal()

    def _damaged(self, kind: DamageKind, number: int, expected: str, seen: str) -> bool:
        if self._proven is None:
            # A fork shows that one of two entries is wrong, but not which; a rewriting, not where it began.
            before = {"forked": number - 2, "rewritten": self._vouched, "duplicate": number - 1}
            self._proven = max(self._vouched, before.get(kind, min(number - 1, self._number)))
        damage = Damage(kind=kind, number=number, expected=expected, seen=seen)
        self._damage_count += 1
        self._seal.add(damage)
        if len(self._damages) < MAX_SHOWN:
            self._damages.append(damage)
        return False

    def _not_checked(self, text: str) -> None:
        if len(self._unknown) < MAX_SHOWN:
            self._unknown.append(text)

    def _check_end(self, newest_head: ChainHead | None) -> None:
        last, head = self._number, self._head
        if self._last_known > last:
            self._damaged("truncated", last + 1, f"entries up to {self._last_known}", f"the end after entry {last}")
        elif head and self._hash_at_head != head.hash and head.number >= self._begins_at:
            self._damaged("head", head.number, head.hash, self._hash_at_head)
        elif newest_head and newest_head.number < last:
            self._damaged("head", newest_head.number, f"entry {last}", f"entry {newest_head.number}")

    def findings(self, newest_head: ChainHead | None) -> ChainFindings:
        self._check_end(newest_head)
        return ChainFindings(
            model_name=self._model,
            begins_at=self._begins_at,
            entries=self._entries,
            first_at=_time_of(self._first_at),
            last_at=_time_of(self._last_at),
            proven=self._number if self._proven is None else self._proven,
            anchored=self._vouched,
            damages=tuple(self._damages),
            damage_count=self._damage_count,
            damages_hash=self._seal.hash,
            accepted=tuple(self._accepted),
            not_checked=tuple(self._unknown),
        )


def _hash_of(entry: AuditEntry, *, model_name: str | None = None, number: int | None = None) -> str:
    """The hash that an entry should have, if it were that of another model or had another number."""
    try:
        return entry_hash(model_name or entry.model_name, number or entry.number, entry.previous_hash, entry.text)
    except UnicodeEncodeError:
        return "none, because the text is no Unicode"


def _time_of(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None

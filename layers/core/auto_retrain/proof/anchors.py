"""Verifies the anchors themselves: each continues the one before, and no head ever goes back."""

from collections import defaultdict
from collections.abc import Iterable

from ..domain.anchors import Anchor, StoredAnchor, anchor_key, anchor_number, merkle_root, read_anchor
from ..domain.audit_chain import NO_HASH, ChainHead
from ..domain.audit_findings import AnchorFindings, Damage
from .chain import MAX_SHOWN


class AnchorCheck:
    """Reads anchors in order, and keeps what they say of each model.

    `begins_at` is the number of the first one that is read, None for whichever is newest.
    """

    def __init__(self, begins_at: int | None = 1) -> None:
        self._begins_at = begins_at
        self.hashes: dict[str, dict[int, str]] = defaultdict(dict)
        self.newest: Anchor | None = None
        self.first: Anchor | None = None
        self._stored: StoredAnchor | None = None
        self._heads: dict[str, ChainHead] = {}
        self._count = 0
        self._damages: list[Damage] = []
        self._unknown: list[str] = []

    def read(self, anchors: Iterable[StoredAnchor]) -> "AnchorCheck":
        """Read anchors, oldest first."""
        for stored in anchors:
            self._step(stored)
        return self

    def _step(self, stored: StoredAnchor) -> None:
        number = anchor_number(stored.key)
        if number is None:
            self._unknown.append(f"'{stored.key}' is no anchor, but lies among them")
            return
        self._count += 1
        try:
            anchor = read_anchor(stored.document)
        except ValueError as error:
            # A newer release may have written it, so this is no proof of damage, nor of anything else.
            self._unknown.append(f"anchor {number} cannot be read: {str(error).splitlines()[0]}")
            self._stored = self.newest = None
            return
        if stored.rewritten:
            self._damaged(number, "one version", "another version or a mark of deletion after it")
        if stored.locked_until is None or stored.locked_until <= anchor.at:
            self._damaged(number, "a lock (COMPLIANCE)", "none: it could be deleted")
        self._check_document(anchor, stored, number)
        self._check_order(anchor, number)
        self._check_heads(anchor, number)
        self.first = self.first or anchor
        self.newest, self._stored = anchor, stored

    def _check_document(self, anchor: Anchor, stored: StoredAnchor, number: int) -> None:
        if anchor.document != stored.document:
            self._damaged(number, "canonical JSON", "another text")
        names = [head.model_name for head in anchor.heads]
        if anchor.count != len(names) or names != sorted(set(names)):
            self._damaged(number, f"{anchor.count} heads, sorted", f"{len(names)} heads")
        if (root := merkle_root(anchor.heads)) != anchor.root:
            self._damaged(number, f"root {anchor.root}", root)

    def _check_order(self, anchor: Anchor, number: int) -> None:
        if anchor.sequence != number:
            self._damaged(number, f"sequence {number}", str(anchor.sequence))
        if self.newest is None or self._stored is None:
            self._check_first(anchor, number)
            return
        before = self.newest
        if number != before.sequence + 1:
            self._damaged(before.sequence + 1, f"anchor {before.sequence + 1}", f"anchor {number}")
        elif (anchor.previous_hash, anchor.previous_key) != (self._stored.hash, anchor_key(before.sequence)):
            self._damaged(before.sequence, anchor.previous_hash, self._stored.hash)
        if anchor.at < before.at:
            self._damaged(number, f"a time after {before.at.isoformat()}", anchor.at.isoformat())

    def _check_first(self, anchor: Anchor, number: int) -> None:
        if self._begins_at and self._count == 1 and number != self._begins_at:
            self._damaged(self._begins_at, f"anchor {self._begins_at}", f"anchor {number}")
        if number == 1 and anchor.previous_hash != NO_HASH:
            self._damaged(number, "no anchor before it", anchor.previous_hash)

    def _check_heads(self, anchor: Anchor, number: int) -> None:
        heads = {head.model_name: head for head in anchor.heads}
        for name, before in self._heads.items():
            now = heads.get(name)
            if now is None or now.number < before.number or (now.number == before.number and now.hash != before.hash):
                seen = f"{now.number} {now.hash}" if now else "none"
                self._damaged(number, f"{name} at {before.number} {before.hash} or later", seen)
        self._heads = heads
        for head in anchor.heads:
            if head.number:
                self.hashes[head.model_name].setdefault(head.number, head.hash)

    def _damaged(self, number: int, expected: str, seen: str) -> None:
        if len(self._damages) < MAX_SHOWN:
            self._damages.append(Damage(kind="anchor", number=number, expected=expected, seen=seen))

    def findings(self, not_checked: Iterable[str] = ()) -> AnchorFindings:
        newest = self.newest
        return AnchorFindings(
            count=self._count,
            newest=newest.sequence if newest else 0,
            newest_at=newest.at if newest else None,
            locked_until=self._stored.locked_until if self._stored else None,
            damages=tuple(self._damages),
            not_checked=(*self._unknown, *not_checked),
        )

"""Anchors: the heads of all audit chains at one moment, kept where nobody can change them.

A chain alone shows neither that its end was cut off nor that somebody wrote all of it anew; an anchor shows both.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, Literal

from .audit_chain import MAX_NUMBER, NO_HASH, ChainHead
from .base import Record, UtcTime
from .digest import canonical_json, sha256_of

# While no chain grows, anchors only show that somebody still looks after them.
MAX_UNCHANGED = timedelta(days=1)


class Anchor(Record):
    """The heads of all chains, sorted by model name, under one Merkle root.

    `sequence` counts from 1 without a gap. `previous_hash` is the SHA-256 of the document of the anchor before, and
    `previous_key` is where that is; NO_HASH and None for the first one.
    """

    format: Literal["auto-retrain/audit-anchor/v1"] = "auto-retrain/audit-anchor/v1"
    sequence: int
    at: UtcTime
    count: int
    root: str
    previous_hash: str = NO_HASH
    previous_key: str | None = None
    heads: tuple[ChainHead, ...]

    @property
    def document(self) -> bytes:
        """What is stored: the anchor as canonical JSON."""
        return canonical_json(self)

    def head_of(self, model_name: str) -> ChainHead:
        """How far the chain of a model reached; the empty head if it did not exist yet."""
        heads = (head for head in self.heads if head.model_name == model_name)
        return next(heads, ChainHead(model_name=model_name))


class StoredAnchor(Record):
    """The document of an anchor as it was stored first, and until when its store lets nobody delete it.

    `rewritten` if something else was stored, or a deletion was marked, under the same key afterwards.
    """

    key: str
    document: bytes
    locked_until: UtcTime | None
    rewritten: bool = False

    @property
    def hash(self) -> str:
        return sha256_of(self.document)


def anchor_key(sequence: int) -> str:
    """The key of an anchor's document; keys are in the order of anchors."""
    return f"audit/anchors/{sequence:012}.json"


def anchor_number(key: str) -> int | None:
    """The number in the key of an anchor; None for any other key."""
    found = re.fullmatch(r"audit/anchors/([0-9]{12})\.json", key)
    return int(found[1]) if found else None


def next_anchor(heads: Iterable[ChainHead], at: UtcTime, previous: StoredAnchor | None) -> Anchor | None:
    """The anchor that follows the newest one; None if nothing changed since that, which is less than a day old.

    Nothing in it goes back: neither a head, because the index of heads may be behind for a moment and a table may have
    been set back, nor the time, because the clock of another machine may be ahead. Raises ValueError if the newest
    anchor cannot be read.
    """
    if previous is None:
        return _anchor(sequence=1, at=at, heads=_farthest(heads))
    before = read_anchor(previous.document)
    anchor = _anchor(
        sequence=before.sequence + 1,
        at=max(at, before.at),
        heads=_farthest([*before.heads, *heads]),
        previous_hash=previous.hash,
        previous_key=anchor_key(before.sequence),
    )
    return None if before.heads == anchor.heads and at - before.at < MAX_UNCHANGED else anchor


def _anchor(heads: Iterable[ChainHead], **about: Any) -> Anchor:
    ordered = tuple(sorted(heads, key=lambda head: head.model_name))
    return Anchor(count=len(ordered), root=merkle_root(ordered), heads=ordered, **about)


def _farthest(heads: Iterable[ChainHead]) -> Iterable[ChainHead]:
    """The farthest head of each model, of those with the same number the first; without what must be forged."""
    farthest: dict[str, ChainHead] = {}
    for head in heads:
        known = farthest.get(head.model_name)
        if head.number < MAX_NUMBER and (known is None or head.number > known.number):
            farthest[head.model_name] = head
    return farthest.values()


def read_anchor(document: bytes) -> Anchor:
    """An anchor from its document; raises ValueError naming an unknown format, or what else is wrong."""
    try:
        parsed = json.loads(document)
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error
    known = parsed.get("format") if isinstance(parsed, dict) else None
    if known != Anchor.model_fields["format"].default:
        raise ValueError(f"its format is {known!r}")
    return Anchor.model_validate_json(document)


def merkle_root(heads: Sequence[ChainHead]) -> str:
    """Root of the Merkle tree over the canonical JSON of heads, as in RFC 6962, in hexadecimal."""
    return _root([hashlib.sha256(b"\0" + canonical_json(head)).digest() for head in heads]).hex()


def _root(hashes: list[bytes]) -> bytes:
    """The left part of each node is the largest complete tree that leaves something for the right one."""
    if len(hashes) < 2:
        return hashes[0] if hashes else hashlib.sha256().digest()
    left = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + _root(hashes[:left]) + _root(hashes[left:])).digest()

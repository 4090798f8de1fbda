"""A model's audit chain: each entry holds one fact, and its hash covers the fact, its place and the entry before."""

import hashlib
from collections.abc import Iterable
from typing import Any

from .base import Record
from .canonical_json import canonical_json_of
from .errors import RecordTooLarge
from .facts.fact import Fact

# Keeps these hashes apart from any other SHA-256 of the product; a new format gets a new one.
ENTRY_DOMAIN = "auto-retrain/audit-entry/v1"
NO_HASH = "0" * 64
# Of twelve digits, as in the keys of entries; whatever says that a chain is longer was forged.
MAX_NUMBER = 999_999_999_999
# What a store can hold in one entry; nobody reads a fact of this length.
MAX_TEXT_BYTES = 300_000


class ChainHead(Record):
    """How far a model's chain reaches: the number and the hash of its last entry; 0 and NO_HASH before the first."""

    model_name: str
    number: int = 0
    hash: str = NO_HASH


class AuditEntry(Record):
    """One entry of a model's chain; numbers count from 1 without a gap.

    `text` is the fact as canonical JSON (RFC 8785), stored as it was hashed: nothing that a store does to numbers or
    to the order of fields can change it.
    """

    model_name: str
    number: int
    previous_hash: str
    text: str
    hash: str

    @property
    def head(self) -> ChainHead:
        """The head of a chain that ends here."""
        return ChainHead(model_name=self.model_name, number=self.number, hash=self.hash)


def entry_hash(model_name: str, number: int, previous_hash: str, text: str) -> str:
    """SHA-256, in hexadecimal, of the domain, the model, the number, the hash before and the text, one per line."""
    return hashlib.sha256("\n".join((ENTRY_DOMAIN, model_name, str(number), previous_hash, text)).encode()).hexdigest()


def entries_after(head: ChainHead, facts: Iterable[Fact]) -> list[AuditEntry]:
    """The entries by which facts about the model of a chain extend it, in order."""
    entries = []
    for fact in facts:
        number, text = head.number + 1, fact_text(fact)
        digest = entry_hash(head.model_name, number, head.hash, text)
        entries.append(
            AuditEntry(model_name=head.model_name, number=number, previous_hash=head.hash, text=text, hash=digest)
        )
        head = entries[-1].head
    return entries


def fact_text(fact: Fact) -> str:
    """A fact with its id, as canonical JSON.

    Raises:
        RecordTooLarge: it does not fit into an entry.
    """
    document: dict[str, Any] = {"fact_id": fact.fact_id, **fact.model_dump(mode="json")}
    text = canonical_json_of(document)
    if len(text) > MAX_TEXT_BYTES:
        raise RecordTooLarge(
            f"fact '{fact.fact_id}' has {len(text)} bytes; an audit entry holds at most {MAX_TEXT_BYTES}"
        )
    return text.decode()

"""Digests of documents."""

import hashlib

from .base import Record
from .canonical_json import canonical_json_of


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def canonical_json(record: Record, leave_out: set[str] | None = None) -> bytes:
    """The canonical JSON of a record (RFC 8785), without some of its fields."""
    return canonical_json_of(record.model_dump(mode="json", exclude=leave_out))

"""Digests of documents."""

import hashlib

import rfc8785

from .base import Record


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def canonical_json(record: Record, leave_out: set[str] | None = None) -> bytes:
    """The canonical JSON of a record (RFC 8785), without some of its fields."""
    return rfc8785.dumps(record.model_dump(mode="json", exclude=leave_out))

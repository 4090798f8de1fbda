"""Whether files are the same as when they were counted."""

from collections.abc import Iterable

from ...domain.digest import sha256_of
from ...domain.manifest import DataObject


def digest_of(files: Iterable[DataObject]) -> str:
    """Of names and contents."""
    return sha256_of("\n".join(f"{item.uri} {item.etag}" for item in files).encode())

"""The files of a registered version, by their digests."""

from collections.abc import Mapping

import rfc8785
from pydantic import TypeAdapter

from .base import Record
from .digest import sha256_of


class FileDigest(Record):
    """One file."""

    sha256: str
    size: int


class VersionFiles(Record):
    """The files of a version by their one digest, their manifest, and the image that made them and can load them."""

    artifact_sha256: str | None = None
    artifacts_uri: str | None = None
    image: str | None = None


_MANIFEST: TypeAdapter[dict[str, FileDigest]] = TypeAdapter(dict[str, FileDigest], config={"defer_build": True})


def parse_manifest(content: bytes) -> dict[str, FileDigest]:
    """Read the manifest of a version's files; raises ValueError when it is none."""
    return _MANIFEST.validate_json(content)


def artifact_digest(files: Mapping[str, FileDigest]) -> str:
    """The one digest that stands for all files: SHA-256 of their manifest as canonical JSON (RFC 8785)."""
    return sha256_of(rfc8785.dumps({path: file.model_dump() for path, file in files.items()}))


def changed_files(recorded: Mapping[str, FileDigest], found: Mapping[str, FileDigest]) -> list[str]:
    """Paths that were added, removed or changed."""
    return sorted(path for path in recorded.keys() | found.keys() if recorded.get(path) != found.get(path))

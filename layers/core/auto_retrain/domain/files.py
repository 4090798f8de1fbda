"""The files of a registered version and their digests."""

from collections.abc import Mapping

from pydantic import Field, TypeAdapter

from .base import Record
from .canonical_json import canonical_json_of
from .digest import sha256_of


class FileDigest(Record):
    """Digest and size in bytes of one file."""

    sha256: str
    size: int


class VersionFiles(Record):
    """The files of a version: one digest for all, the URI of their file list, and the image that can load them.

    That image `reads_parts` if it said so when it trained the version; one of an earlier release does not.
    """

    artifact_sha256: str | None = None
    artifacts_uri: str | None = None
    image: str | None = None
    reads_parts: bool = Field(default=False, exclude_if=lambda reads: not reads)

    def are_scored_in_parts(self, image: str | None) -> bool:
        """Whether a holdout in parts can be scored, where versions of this image are trained now."""
        return self.reads_parts or self.image in (None, image)


_FILE_LIST: TypeAdapter[dict[str, FileDigest]] = TypeAdapter(dict[str, FileDigest], config={"defer_build": True})


def parse_file_list(content: bytes) -> dict[str, FileDigest]:
    """Parse the file list of a version; raises ValueError if it is malformed."""
    return _FILE_LIST.validate_json(content)


def file_list(files: Mapping[str, FileDigest]) -> bytes:
    """The file list as canonical JSON (RFC 8785)."""
    return canonical_json_of({path: file.model_dump() for path, file in files.items()})


def artifact_digest(files: Mapping[str, FileDigest]) -> str:
    """One digest for all files: SHA-256 of the file list."""
    return sha256_of(file_list(files))


def changed_files(recorded: Mapping[str, FileDigest], current: Mapping[str, FileDigest]) -> list[str]:
    """Paths of files that were added, removed or changed."""
    return sorted(path for path in recorded.keys() | current.keys() if recorded.get(path) != current.get(path))

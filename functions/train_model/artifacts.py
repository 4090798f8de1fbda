"""The files of a registered version and their digests, so that what was registered is what is scored and deployed."""

import hashlib
import json
from pathlib import Path

from .errors import VersionUnusable

# MLflow adds this file to a version's own files when it downloads them.
ADDED_BY_DOWNLOAD = "registered_model_meta"


def file_list(directory: Path) -> bytes:
    """Path, SHA-256 and size of every file below a directory, as canonical JSON.

    Raises VersionUnusable for a symbolic link, which could point anywhere.
    """
    files = {}
    for path in sorted(directory.rglob("*")):
        name = path.relative_to(directory).as_posix()
        if path.is_symlink():
            raise VersionUnusable(f"the version's file {name} is a symbolic link, which is not allowed")
        if path.is_file() and name != ADDED_BY_DOWNLOAD:
            files[name] = {"sha256": _sha256_of(path), "size": path.stat().st_size}
    return json.dumps(files, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest_of(files: bytes) -> str:
    """The digest of a file list, which identifies all files of a version."""
    return hashlib.sha256(files).hexdigest()


def size_of(files: bytes) -> int:
    """The bytes of all files in a file list."""
    return sum(int(file["size"]) for file in json.loads(files).values())


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""The files of a registered version, named by their digests: what was registered is what is scored and deployed."""

import hashlib
import json
from pathlib import Path

from .errors import VersionUnusable

# MLflow puts this one beside a version's own files when it downloads them.
ADDED_BY_DOWNLOAD = "registered_model_meta"


def artifact_manifest(directory: Path) -> bytes:
    """Path, SHA-256 and size of every file below a directory, as canonical JSON.

    Raises VersionUnusable for a link, which could lead anywhere.
    """
    files = {}
    for path in sorted(directory.rglob("*")):
        name = path.relative_to(directory).as_posix()
        if path.is_symlink():
            raise VersionUnusable(f"the version's file {name} is a link")
        if path.is_file() and name != ADDED_BY_DOWNLOAD:
            files[name] = {"sha256": _sha256_of(path), "size": path.stat().st_size}
    return json.dumps(files, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest_of(manifest: bytes) -> str:
    """The one digest that stands for all files of a version."""
    return hashlib.sha256(manifest).hexdigest()


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""Which code trained a model."""

import hashlib
import os
from pathlib import Path


def code_version() -> str:
    """The revision that the image was built from, or a digest of this package if the build did not set one."""
    revision = os.environ.get("AUTO_RETRAIN_CODE_VERSION")
    return revision or f"sha256:{_digest_of(Path(__file__).parent)}"


def _digest_of(package: Path) -> str:
    digest = hashlib.sha256()
    for source in sorted(package.glob("*.py")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    return digest.hexdigest()

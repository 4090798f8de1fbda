"""Certificates and keys as files, because the HTTP library reads them from nowhere else."""

import atexit
import base64
import binascii
import tempfile
from pathlib import Path

from ....domain.errors import ClusterRefused


def kept_file(name: str, encoded: str | None, path: str | None = None, beside: Path = Path()) -> str | None:
    """A file with the content that was given as base64, or else at a path; None when neither was.

    A file of ours may be read by nobody else, and ends with the process.
    """
    if encoded is None:
        return _existing(name, beside / path) if path else None
    try:
        content = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ClusterRefused(f"the {name} of the cluster connection is not base64") from error
    with tempfile.NamedTemporaryFile(prefix=f"{name}-", suffix=".pem", delete=False) as file:
        file.write(content)
    atexit.register(Path(file.name).unlink, missing_ok=True)
    return file.name


def _existing(name: str, path: Path) -> str:
    if not path.is_file():
        raise ClusterRefused(f"the {name} of the cluster connection is not there: {path}")
    return str(path)

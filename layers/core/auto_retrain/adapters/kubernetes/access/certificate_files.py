"""Certificates and keys as files, because the HTTP library reads them only from files."""

import atexit
import base64
import binascii
import tempfile
from pathlib import Path

from ....domain.errors import ClusterRefused


def pem_file(name: str, encoded: str | None, path: str | None = None, folder: Path = Path()) -> str | None:
    """The path of a file with the base64 content, or of the file at `path`; None if neither is given.

    A file that we write is readable by our user alone, and is deleted when the process ends.
    """
    if encoded is None:
        return _existing(name, folder / path) if path else None
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
        raise ClusterRefused(f"the {name} of the cluster connection does not exist: {path}")
    return str(path)

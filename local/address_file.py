"""The file in which the command line finds the running stack: its process, its addresses, and the settings it needs."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local.paths import LOCAL

FILE = LOCAL / "stack.json"


@contextmanager
def published(environment: dict[str, str], addresses: dict[str, str], file: Path = FILE) -> Iterator[None]:
    """Let people find the stack of this process while it runs."""
    document: dict[str, Any] = {"pid": os.getpid(), "addresses": addresses, "environment": environment}
    beside = file.with_suffix(".new")
    beside.write_text(json.dumps(document, indent=2))
    # In one step, so that nobody reads half of it.
    beside.replace(file)
    try:
        yield
    finally:
        file.unlink(missing_ok=True)

"""The file in which the command line finds the running stack: its process, its addresses, and the settings it needs."""

import fcntl
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
    with beside.open("w") as written:
        json.dump(document, written, indent=2)
        written.flush()
        # Of a process that was killed the lock goes, and its number may become another process's.
        fcntl.flock(written, fcntl.LOCK_EX)
        # In one step, so that nobody reads half of it.
        beside.replace(file)
        try:
            yield
        finally:
            file.unlink(missing_ok=True)

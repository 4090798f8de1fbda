"""Finds the local stack that runs on this machine, or starts it."""

import atexit
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import IO

from .domain.base import Record
from .domain.errors import LocalStackMissing

# What `make local` writes while it runs, below the root of the repository.
FILE = Path(".local") / "stack.json"
_STACK = Path("local") / "run.py"
_EVERY_SECONDS = 0.5
# The first start installs everything.
START_SECONDS = 600.0


class RunningStack(Record):
    """A stack that runs on this machine: its process, where its servers are, and the variables that point at it."""

    pid: int
    addresses: dict[str, str]
    environment: dict[str, str]


def running_stack(folder: Path) -> dict[str, str]:
    """The environment variables of the stack that runs in the repository of a folder.

    Raises LocalStackMissing if none does.
    """
    found = find_variables(folder)
    if found is None:
        raise LocalStackMissing(f"no local stack runs in '{folder}' or above it; start one with `make local`")
    return found


def started_stack(folder: Path, seconds: float = START_SECONDS) -> dict[str, str]:
    """The same, but started with `make local` if none runs yet; it ends with this process.

    Raises LocalStackMissing if the folder is in no clone of the repository, or the stack ends or takes too long.
    """
    found = find_variables(folder)
    if found is not None:
        return found
    root = repository_of(folder)
    log = root / ".local" / "stack-started.log"
    log.parent.mkdir(exist_ok=True)
    with log.open("wb") as output:
        child = subprocess.Popen(
            ["make", "local"], cwd=root, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    atexit.register(_stop, child)
    return _await(root, child, log, seconds)


def repository_of(folder: Path) -> Path:
    """The repository that a folder is in; raises LocalStackMissing if it is in none, as after `pip install`."""
    for each in (folder, *folder.parents):
        if (each / _STACK).exists():
            return each
    raise LocalStackMissing(
        f"the local stack comes with the repository of auto-retrain, and neither {folder} nor a folder above it has "
        "one; clone it, run 'make setup build-local' there, and start the stack from below it"
    )


def find_variables(folder: Path) -> dict[str, str] | None:
    """The environment variables of the stack that is nearest upwards, if one runs."""
    stack = find_stack(folder)
    return stack.environment if stack else None


def find_stack(folder: Path) -> RunningStack | None:
    """The stack of the nearest file upwards whose process still holds it, if there is one."""
    folder = folder.resolve()
    for each in (folder, *folder.parents):
        try:
            with (each / FILE).open("rb") as file:
                stack, is_held = RunningStack.model_validate_json(file.read()), _is_locked(file)
        except (OSError, ValueError):
            continue  # none there, or something else
        if is_held and is_alive(stack.pid):
            return stack
    return None


def _is_locked(file: IO[bytes]) -> bool:
    """Whether a process that runs has locked a file; this one lets go of it when the file is closed."""
    import fcntl  # not everywhere, as the stack is not

    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def is_alive(pid: int) -> bool:
    # Numbers that are not positive stand for groups of processes.
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True


def _await(root: Path, child: "subprocess.Popen[bytes]", log: Path, seconds: float) -> dict[str, str]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = find_variables(root)
        if found is not None:
            return found
        if child.poll() is not None:
            raise LocalStackMissing(f"`make local` ended with code {child.returncode}; its output is in '{log}'")
        time.sleep(_EVERY_SECONDS)
    _stop(child)
    raise LocalStackMissing(f"`make local` was not ready after {seconds:g} seconds; its output is in '{log}'")


def _stop(child: "subprocess.Popen[bytes]") -> None:
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGTERM)
        child.wait()

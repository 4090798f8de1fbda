"""Finds the local stack that runs on this machine, or starts it."""

import atexit
import json
import os
import signal
import subprocess
import time
from pathlib import Path

from .domain.errors import LocalStackMissing

_FILE = Path(".local") / "running.json"
_EVERY_SECONDS = 0.5
# The first start installs everything.
START_SECONDS = 600.0


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
    root = next((each for each in (folder, *folder.parents) if (each / "local" / "run.py").exists()), None)
    if root is None:
        raise LocalStackMissing(f"'{folder}' is in no clone of the repository, so no local stack can be started")
    log = root / ".local" / "stack-started.log"
    log.parent.mkdir(exist_ok=True)
    with log.open("wb") as output:
        child = subprocess.Popen(
            ["make", "local"], cwd=root, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    atexit.register(_stop, child)
    return _await(root, child, log, seconds)


def find_variables(folder: Path) -> dict[str, str] | None:
    """The variables in the nearest file upwards whose stack is alive, if there is one."""
    folder = folder.resolve()
    for each in (folder, *folder.parents):
        try:
            document = json.loads((each / _FILE).read_text())
            if _is_alive(int(document["pid"])):
                return {str(name): str(value) for name, value in document["variables"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
            continue  # none there, or one that died and left its file behind
    return None


def _is_alive(pid: int) -> bool:
    # Numbers that are not positive stand for groups of processes.
    if pid <= 0:
        return False
    os.kill(pid, 0)
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

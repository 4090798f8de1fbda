"""Child processes that die with this one, even when it is killed outright."""

import atexit
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

# Reads "+group" and "-group" lines; when the other end of the pipe is closed, for whatever reason, it kills the groups
# that are left. Linux has PR_SET_PDEATHSIG for this, but sends the signal as soon as the thread that started the child
# ends, and macOS has nothing like it.
_GUARD = """
import os, signal, sys
groups = set()
for line in sys.stdin:
    (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
for group in groups:
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
"""
_lock = threading.Lock()


def spawn(
    command: Sequence[str | Path], env: Mapping[str, str], cwd: Path, log: Path, sockets: Sequence[socket.socket] = ()
) -> subprocess.Popen[bytes]:
    """Start a command in a process group of its own; what it prints is appended to the log, and it inherits sockets."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(
            [str(part) for part in command],
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=[inherited.fileno() for inherited in sockets],
        )
    _notify_guard(f"+{child.pid}")
    return child


def stop(child: subprocess.Popen[bytes], grace_seconds: float) -> None:
    """End the child and everything it started: by SIGTERM, or by SIGKILL after the grace period."""
    if child.poll() is None:
        _signal(child, signal.SIGTERM)
        try:
            child.wait(grace_seconds)
        except subprocess.TimeoutExpired:
            _signal(child, signal.SIGKILL)
            child.wait()
    _notify_guard(f"-{child.pid}")


def _signal(child: subprocess.Popen[bytes], number: int) -> None:
    try:
        os.killpg(child.pid, number)
    except ProcessLookupError:  # it ended between the check and the signal
        return


def _notify_guard(line: str) -> None:
    with _lock:
        pipe = _guard().stdin
        assert pipe is not None
        if not pipe.closed:  # when this process exits, the guard is dismissed first
            pipe.write(f"{line}\n".encode())
            pipe.flush()


@cache
def _guard() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-I", "-S", "-c", _GUARD]
    guard = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
    atexit.register(_dismiss_guard, guard)
    return guard


def _dismiss_guard(guard: subprocess.Popen[bytes]) -> None:
    with _lock:
        guard.communicate()

"""Runs one container's command, and leaves no process behind whatever happens to its owner; a program of its own.

    owner ── standard input ──> shim ── fork ──> command ──> whatever the command starts

The owner holds the other end of the shim's standard input. It closes when the owner dies, by SIGKILL too, and the
shim then kills everything below it. PR_SET_PDEATHSIG alone would not do: it reaches only the direct child, and it fires
when the *thread* that forked ends, not the process. It guards the one gap that is left, a shim that is itself killed.

The report says why the command could not start, then on a line of its own its exit code; without one, the shim was
killed.
"""

import os
import shutil
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

START_ERROR = 128
SIGNAL_BASE = 128
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def main() -> NoReturn:
    report, directory, *command = sys.argv[1:]
    become_container(directory, int(report))
    try:
        os.execvp(command[0], command)
    except (OSError, ValueError) as error:
        cannot_start(int(report), error)


def become_container(directory: str, report: int) -> None:
    """Fork: returns only in the child, which is to become the container's first process; the parent is its shim."""
    # Processes that detach themselves from their parent become children of the shim, so it can find them.
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    child = os.fork()
    if child:
        _hold(child, report)
    try:
        os.setpgid(0, 0)
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.set_inheritable(report, False)
        os.chdir(directory)
    except OSError as error:
        cannot_start(report, error)


def cannot_start(report: int, error: Exception) -> NoReturn:
    os.write(report, f"unable to start container process: exec: {error}".encode())
    os._exit(START_ERROR)


def _hold(child: int, report: int) -> NoReturn:
    threading.Thread(target=_obey, args=(child,), daemon=True).start()
    _, status = os.waitpid(child, 0)
    _end_all(child)
    shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)
    code = os.waitstatus_to_exitcode(status)
    os.write(report, f"\n{code if code >= 0 else SIGNAL_BASE - code}".encode())
    os._exit(0)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _obey(child: int) -> None:
    """Any byte asks the command to end; the end of the input kills it."""
    while os.read(0, 1):
        _signal(child, signal.SIGTERM)
    _signal(-child, signal.SIGKILL)
    _signal(child, signal.SIGKILL)


def _end_all(group: int) -> None:
    """Like a container, everything ends with the first process."""
    _signal(-group, signal.SIGKILL)
    while True:
        for process in _children():
            _signal(process, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _children() -> list[int]:
    # Empty where there is no /proc: the process group is all that can be reached then.
    return [
        int(process) for tasks in Path("/proc/self/task").glob("*/children") for process in tasks.read_text().split()
    ]


def _signal(process: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(process, number)


if __name__ == "__main__":
    main()

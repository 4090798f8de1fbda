"""A process with a log, and a private folder for temporary files."""

import os
import shutil
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from .preparation import Forerunner
from .start import Start

# The exit code of a process whose shim was killed.
_KILLED = 137


class LoggedProcess:
    """Ends with this process, even when that is killed outright; what it prints is appended to the log.

    It is forked from the forerunner if there is one that may run it, and otherwise a process of its own.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        directory: Path,
        log: Path,
        forerunner: Forerunner | None,
    ) -> None:
        self._ended = threading.Event()
        self._folder = tempfile.mkdtemp(prefix="process-")
        (orders, ours), (report, theirs) = os.pipe(), os.pipe()
        self._orders, self._report = os.fdopen(ours, "wb", buffering=0), os.fdopen(report, "rb")
        log.parent.mkdir(parents=True, exist_ok=True)
        try:
            with log.open("ab") as output:
                own = {"TMPDIR": self._folder}
                start = Start(command, {**environment, **own}, str(directory), orders, output.fileno(), theirs)
                _, self._reap = start.in_fork_of(forerunner) or start.alone()
        except OSError:
            self._clean_up()
            raise
        finally:
            os.close(orders)
            os.close(theirs)

    @property
    def alive(self) -> bool:
        return not self._ended.is_set()

    def kill(self) -> None:
        """Kill it and everything it started; returns once they are gone, which takes somebody who waits for it."""
        self._orders.close()
        self._ended.wait()

    def wait(self) -> int:
        """Wait until nothing is left of it; returns its exit code, or 128 and the number of the signal."""
        code = self._report.read().decode(errors="replace").rpartition("\n")[2]
        self._reap()
        self._clean_up()
        self._ended.set()
        return int(code or _KILLED)

    def _clean_up(self) -> None:
        self._orders.close()
        self._report.close()
        # The shim removes it too, in case this process is killed.
        shutil.rmtree(self._folder, ignore_errors=True)

"""One container as a child process, and its log."""

import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from local.containers import Forerunner, Start

LOG_LIMIT = 1 << 20
# The exit code of a container whose shim was killed.
_KILLED = 137


class Log:
    """What a container wrote to both outputs; only the end is kept when there is more than the limit."""

    def __init__(self) -> None:
        self._kept = b""

    def append(self, chunk: bytes) -> None:
        self._kept = (self._kept + chunk)[-LOG_LIMIT:]

    def tail(self, lines: int | None = None, limit_bytes: int | None = None) -> str:
        kept = self._kept
        if lines is not None:
            kept = b"".join(kept.splitlines(keepends=True)[-lines:]) if lines else b""
        return kept[:limit_bytes].decode(errors="replace")

    def last_words(self) -> str:
        """What FallbackToLogsOnError takes as termination message: at most 80 lines and 2048 bytes."""
        return b"".join(self._kept.splitlines(keepends=True)[-80:])[-2048:].decode(errors="replace")


class ContainerProcess:
    """A running command; `on_exit` is called once, from a thread of its own, with the exit code and a start error.

    It is forked from the image's forerunner if there is one that may run it, and otherwise a process of its own.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        directory: str,
        log: Log,
        log_file: Path | None,
        on_exit: Callable[[int, str], None],
        forerunner: Forerunner | None = None,
    ) -> None:
        self._log, self._log_file, self._on_exit = log, log_file, on_exit
        # The shim removes it too, in case the cluster is killed; the cluster, in case the shim is.
        self._scratch = tempfile.mkdtemp(prefix="pod-")
        (orders, ours), (output, their_output), (report, their_report) = os.pipe(), os.pipe(), os.pipe()
        self._orders = os.fdopen(ours, "wb", buffering=0)
        self._output, self._report = os.fdopen(output, "rb", buffering=0), os.fdopen(report, "rb")
        start = Start(command, {**environment, "TMPDIR": self._scratch}, directory, orders, their_output, their_report)
        try:
            self.pid, self._reap = start.in_fork_of(forerunner) or start.alone()
        except (OSError, ValueError):
            self._clean_up()
            raise
        finally:
            for descriptor in (orders, their_output, their_report):
                os.close(descriptor)
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def terminate(self) -> None:
        """Ask the command to end (SIGTERM)."""
        with suppress(OSError, ValueError):  # it has ended, or is being killed
            self._orders.write(b"T")

    def kill(self) -> None:
        """End the command and everything it started (SIGKILL)."""
        self._orders.close()

    def join(self) -> None:
        self._thread.join(timeout=10)

    def _follow(self) -> None:
        with (self._log_file or Path(os.devnull)).open("ab", buffering=0) as copy:
            while chunk := self._output.read(1 << 16):
                self._log.append(chunk)
                copy.write(chunk)
        start_error, _, code = self._report.read().decode(errors="replace").rpartition("\n")
        self._reap()
        self._clean_up()
        self._on_exit(int(code or _KILLED), start_error)

    def _clean_up(self) -> None:
        for end in (self._orders, self._output, self._report):
            end.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

"""One container as a child process, and its log."""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from . import shim

LOG_LIMIT = 1 << 20


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
    """A running command; `on_exit` is called once, from a thread of its own, with the exit code and a start error."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        directory: str,
        log: Log,
        log_file: Path | None,
        on_exit: Callable[[int, str], None],
    ) -> None:
        self._log, self._log_file, self._on_exit = log, log_file, on_exit
        # The shim removes it too, in case the cluster is killed; the cluster, in case the shim is.
        self._scratch = tempfile.mkdtemp(prefix="pod-")
        read_end, write_end = os.pipe()
        self._report = os.fdopen(read_end, "rb")
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", shim.__file__, str(write_end), directory, *command],
                env={**environment, "TMPDIR": self._scratch},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(write_end,),
                # Ctrl-C in a terminal is for the cluster, which then ends its pods in order.
                start_new_session=True,
            )
        except (OSError, ValueError):
            self._clean_up()
            raise
        finally:
            os.close(write_end)
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def terminate(self) -> None:
        """Ask the command to end (SIGTERM)."""
        try:
            assert self._process.stdin
            self._process.stdin.write(b"T")
            self._process.stdin.flush()
        except (OSError, ValueError):
            pass  # it has ended, or is being killed

    def kill(self) -> None:
        """End the command and everything it started (SIGKILL)."""
        try:
            assert self._process.stdin
            self._process.stdin.close()
        except OSError:
            pass  # it has ended

    def join(self) -> None:
        self._thread.join(timeout=10)

    def _follow(self) -> None:
        assert self._process.stdout
        with self._process.stdout as output, (self._log_file or Path(os.devnull)).open("ab", buffering=0) as copy:
            while chunk := os.read(output.fileno(), 1 << 16):
                self._log.append(chunk)
                copy.write(chunk)
        code = self._process.wait()
        start_error = self._report.read().decode(errors="replace")
        self.kill()
        self._clean_up()
        self._on_exit(code, start_error)

    def _clean_up(self) -> None:
        self._report.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

"""What a process may do before its container is known, and our side of the process that has done it."""

import atexit
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from select import select

from .programs import forerunner

# What every container has of its own.
_OWN = frozenset({"HOSTNAME", "TMPDIR"})


@dataclass(frozen=True)
class Preparation:
    """`imports` is Python, as after `python -c`; the entrypoint is then `python FILE` or `python -m MODULE`.

    `settings` are variables that only the imports see. `varying` are variables that containers may be given: nothing
    reads them while it is imported, and of PYTHONPATH only what all have. A container whose environment differs in
    others is a process of its own, and so is one in another directory, unless `in_any_directory`: nothing is imported
    from there. Of a process that is `kept`, all that its owner starts one after the other are forked until it ends.
    """

    imports: str
    settings: Mapping[str, str] = field(default_factory=dict)
    varying: frozenset[str] = frozenset()
    in_any_directory: bool = False
    kept: bool = False


class Forerunner:
    """A process that containers with one entrypoint are forked from, as soon as it is prepared."""

    def __init__(
        self, preparation: Preparation, entrypoint: Sequence[str], environment: Mapping[str, str], directory: str
    ) -> None:
        self._preparation, self._entrypoint = preparation, list(entrypoint)
        self._environment, self._directory = dict(environment), directory
        self._is_ready = False
        self._lock = threading.Lock()
        python, *program = self._entrypoint
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [python, forerunner.__file__, str(theirs.fileno()), preparation.imports, *program],
                env={**environment, **preparation.settings},
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )

    def may_run(self, command: Sequence[str], environment: Mapping[str, str], directory: str) -> bool:
        """Whether a fork would be what a process of its own is; never before it is prepared."""
        return (
            command[: len(self._entrypoint)] == self._entrypoint
            and (self._preparation.in_any_directory or directory == self._directory)
            and self._fixed(environment) == self._fixed(self._environment)
            and self.is_ready()
        )

    def is_for(
        self, preparation: Preparation, entrypoint: Sequence[str], environment: Mapping[str, str], directory: str
    ) -> bool:
        """Whether one that is started now would be as this one is, which lives."""
        return (
            preparation == self._preparation
            and [*entrypoint] == self._entrypoint
            and directory == self._directory
            and self._fixed(environment) == self._fixed(self._environment)
            and self._process.poll() is None
        )

    def _fixed(self, environment: Mapping[str, str]) -> dict[str, str]:
        varying = self._preparation.varying | _OWN
        return {name: value for name, value in environment.items() if name not in varying}

    def is_ready(self, within_seconds: float = 0.0) -> bool:
        """Whether the imports are done, or will be in time; never again true once it has died."""
        with self._lock:
            if not self._is_ready and select([self._control], [], [], within_seconds)[0]:
                self._is_ready = self._control.recv(1) == forerunner.READY
            return self._is_ready and self._process.poll() is None

    def fork(
        self, command: Sequence[str], environment: Mapping[str, str], directory: str, descriptors: Sequence[int]
    ) -> int:
        """Start a container, given its orders, output and report; returns the process that holds it.

        Raises OSError if the forerunner has died.
        """
        arguments = command[len(self._entrypoint) :]
        request = {"arguments": arguments, "environment": dict(environment), "directory": directory}
        content = json.dumps(request).encode()
        with self._lock:
            socket.send_fds(self._control, [forerunner.NUMBER.pack(len(content))], list(descriptors))
            self._control.sendall(content)
            answer = self._control.recv(forerunner.NUMBER.size)
        if not answer:
            raise OSError("the process to fork from has died")
        (holder,) = forerunner.NUMBER.unpack(answer)
        return int(holder)

    def close(self) -> None:
        self._control.close()
        self._process.kill()
        self._process.wait()


_KEPT: list[Forerunner] = []


def kept_forerunner(
    preparation: Preparation, entrypoint: Sequence[str], environment: Mapping[str, str], directory: str
) -> Forerunner:
    """The one that this process has already for such containers, or a new one; it is closed when the process ends."""
    for each in _KEPT:
        if each.is_for(preparation, entrypoint, environment, directory):
            return each
    started = Forerunner(preparation, entrypoint, environment, directory)
    atexit.register(started.close)
    _KEPT.append(started)
    return started


def can_fork() -> bool:
    """Elsewhere than on Linux, libraries of the system do not survive a fork."""
    return sys.platform == "linux"

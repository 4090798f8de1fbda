"""What an image lets a process do before its pod is known, and the cluster's side of the process that has done it."""

import json
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from select import select

from .programs import forerunner

# What every pod has of its own.
_OWN = frozenset({"HOSTNAME", "TMPDIR"})


@dataclass(frozen=True)
class Preparation:
    """`imports` is Python, as after `python -c`; the image's entrypoint is then `python FILE` or `python -m MODULE`.

    `settings` are variables that only the imports see. `varying` are variables that pods may be given: nothing reads
    them while it is imported. A pod whose environment differs from its image's in others is a process of its own.
    """

    imports: str
    settings: Mapping[str, str] = field(default_factory=dict)
    varying: frozenset[str] = frozenset()


class Forerunner:
    """A process that pods of one image are forked from, as soon as it is prepared."""

    def __init__(
        self, preparation: Preparation, entrypoint: Sequence[str], environment: Mapping[str, str], directory: str
    ) -> None:
        self._preparation, self._entrypoint = preparation, list(entrypoint)
        self._environment, self._directory = dict(environment), directory
        self._is_ready = False
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
            and directory == self._directory
            and self._fixed(environment) == self._fixed(self._environment)
            and self.is_ready()
        )

    def _fixed(self, environment: Mapping[str, str]) -> dict[str, str]:
        varying = self._preparation.varying | _OWN
        return {name: value for name, value in environment.items() if name not in varying}

    def is_ready(self) -> bool:
        """Whether the imports are done; never again true once it has died."""
        if not self._is_ready and select([self._control], [], [], 0)[0]:
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


def can_fork() -> bool:
    """Elsewhere than on Linux, libraries of the system do not survive a fork."""
    return sys.platform == "linux"

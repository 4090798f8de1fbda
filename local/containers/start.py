"""Starts a command under a shim that ends with this process: forked, or as a process of its own."""

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .preparation import Forerunner
from .programs import shim


@dataclass(frozen=True)
class Start:
    """A command to start, and the ends of pipes that its shim gets; both ways say its pid, and how to wait for it."""

    command: Sequence[str]
    environment: Mapping[str, str]
    directory: str
    orders: int
    output: int
    report: int

    def in_fork_of(self, forerunner: Forerunner | None) -> tuple[int, Callable[[], object]] | None:
        if forerunner is None or not forerunner.may_run(self.command, self.environment, self.directory):
            return None
        descriptors = (self.orders, self.output, self.report)
        return forerunner.fork(self.command, self.environment, self.directory, descriptors), lambda: None

    def alone(self) -> tuple[int, Callable[[], object]]:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", shim.__file__, str(self.report), self.directory, *self.command],
            env=self.environment,
            stdin=self.orders,
            stdout=self.output,
            stderr=subprocess.STDOUT,
            pass_fds=(self.report,),
            # Ctrl-C in a terminal is for the cluster, which then ends its pods in order.
            start_new_session=True,
        )
        return process.pid, process.wait

"""Every deployed function with its pool of execution environments."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from local.aws.function import Function
from local.aws.preparations import start_forerunners
from local.aws.runtime_api import Answer
from local.aws.sandbox import Sandbox
from local.containers import Forerunner

# In the cloud a thousand run side by side. Here more than a few for each function only slow each other down, so further
# invocations wait for a free environment instead of being throttled.
_ENVIRONMENTS_PER_FUNCTION = 4
_READY_SECONDS = 30.0
# The server of each environment takes a moment to notice that it is to stop.
_CLOSING_THREADS = 32


class Pool:
    """The environments of one function: each serves one invocation at a time and is used again afterwards."""

    def __init__(self, function: Function, endpoint: str, forerunner: Forerunner | None) -> None:
        self.function = function
        self._endpoint = endpoint
        self._forerunner = forerunner
        self._changed = threading.Condition()
        self._idle: list[Sandbox] = []
        self._busy: set[Sandbox] = set()
        self._closed = False

    def invoke(self, event: bytes) -> Answer:
        with self._environment() as sandbox:
            return sandbox.invoke(event)

    def warm(self) -> None:
        with self._changed:
            if not self._closed and not self._idle and not self._busy:
                self._idle.append(self._new())

    def kill_busy(self) -> None:
        with self._changed:
            busy = list(self._busy)
        for sandbox in busy:
            sandbox.kill()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            sandboxes = [*self._idle, *self._busy]
            self._changed.notify_all()
        for sandbox in sandboxes:
            sandbox.kill()
        for sandbox in sandboxes:
            sandbox.join()

    @contextmanager
    def _environment(self) -> Iterator[Sandbox]:
        sandbox = self._acquire()
        try:
            yield sandbox
        finally:
            with self._changed:
                self._busy.discard(sandbox)
                if sandbox.alive:
                    self._idle.append(sandbox)
                self._changed.notify()

    def _acquire(self) -> Sandbox:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._idle or len(self._busy) < _ENVIRONMENTS_PER_FUNCTION)
            if self._closed:
                raise RuntimeError(f"{self.function.name} was invoked after the local stack was stopped")
            sandbox = self._idle.pop() if self._idle else self._new()
            self._busy.add(sandbox)
            return sandbox

    def _new(self) -> Sandbox:
        return Sandbox(self.function, self._endpoint, self._forerunner)


class Functions:
    """All functions of the account, by name."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._pools: dict[str, Pool] = {}
        self._forerunners: list[Forerunner] = []

    def add(self, functions: list[Function]) -> None:
        forerunners = start_forerunners(functions, self._endpoint)
        self._forerunners += forerunners.values()
        for function in functions:
            self._pools[function.name] = Pool(function, self._endpoint, forerunners.get(function.layers))

    def invoke(self, name: str, event: bytes) -> Answer:
        return self._pools[name].invoke(event)

    def warm(self) -> None:
        """Start an environment of each, as soon as there is something to fork it from."""
        for forerunner in self._forerunners:
            forerunner.is_ready(_READY_SECONDS)
        for pool in self._pools.values():
            pool.warm()

    def kill_busy(self) -> None:
        """Kill every environment that is busy, as when its host is lost."""
        for pool in self._pools.values():
            pool.kill_busy()

    def close(self) -> None:
        with ThreadPoolExecutor(_CLOSING_THREADS) as executor:
            list(executor.map(Pool.close, self._pools.values()))

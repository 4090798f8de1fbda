"""Every deployed function with its pool of execution environments."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from local.aws.runtime_api import Answer
from local.aws.sandbox import Function, Sandbox

# In the cloud a thousand run side by side. Here more than a few for each function only slow each other down, so further
# invocations wait for a free environment instead of being throttled.
_ENVIRONMENTS_PER_FUNCTION = 4


class Pool:
    """The environments of one function: each serves one invocation at a time and is used again afterwards."""

    def __init__(self, function: Function, endpoint: str) -> None:
        self.function = function
        self._endpoint = endpoint
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
                self._idle.append(Sandbox(self.function, self._endpoint))

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
            sandbox = self._idle.pop() if self._idle else Sandbox(self.function, self._endpoint)
            self._busy.add(sandbox)
            return sandbox


class Functions:
    """All functions of the account, by name."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._pools: dict[str, Pool] = {}

    def add(self, functions: list[Function]) -> None:
        self._pools |= {function.name: Pool(function, self._endpoint) for function in functions}

    def invoke(self, name: str, event: bytes) -> Answer:
        return self._pools[name].invoke(event)

    def warm(self) -> None:
        for pool in self._pools.values():
            pool.warm()

    def kill_busy(self) -> None:
        """Kill every environment that is busy, as when its host is lost."""
        for pool in self._pools.values():
            pool.kill_busy()

    def close(self) -> None:
        with ThreadPoolExecutor() as executor:
            list(executor.map(Pool.close, self._pools.values()))

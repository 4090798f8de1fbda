"""Counts what is under way in the emulated account, so that callers can wait until it is idle."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Condition
from typing import Any


class Activity:
    """Executions, deliveries and asynchronous invocations that have begun and not yet ended."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._under_way: Counter[str] = Counter()

    def begin(self, what: str) -> None:
        with self._changed:
            self._under_way[what] += 1

    def end(self, what: str) -> None:
        with self._changed:
            self._under_way[what] -= 1
            self._under_way = +self._under_way
            self._changed.notify_all()

    def wait_until_idle(self, timeout: float) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: not self._under_way, timeout):
                raise TimeoutError(f"after {timeout} s still under way: {', '.join(sorted(self._under_way))}")


class Background:
    """Threads whose work counts as activity; what is submitted after closing is dropped."""

    def __init__(self, activity: Activity, threads: int, name: str) -> None:
        self._activity = activity
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=name)

    def submit(self, what: str, work: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        self._activity.begin(what)
        future: Future[Any]
        try:
            future = self._executor.submit(work, *arguments)
        except RuntimeError:  # closed
            future = Future()
            future.cancel()
        future.add_done_callback(lambda _: self._activity.end(what))
        return future

    def close(self) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)

"""Does the same for many models, in as many processes as there are processors."""

import gc
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, TypeVar

from ..ports import Ports

# A process takes as long to start, with its connections, as some back-tests of a year.
ITEMS_PER_PROCESS = 10

Item = TypeVar("Item")
Done = TypeVar("Done")


class _Worker:
    """What a worker process does, and its ports, which no two processes can share."""

    call: Callable[[Any, Ports], Any]
    ports: Ports


def for_each(
    call: Callable[[Item, Ports], Done], items: Sequence[Item], connect: Callable[[], Ports], ports: Ports
) -> Iterator[Done]:
    """The results in order: of `ports` where the items are few, and otherwise of processes that `connect` themselves.

    What goes to another process and back has to be picklable. What a call raises ends the others.
    """
    processes = min(os.cpu_count() or 1, len(items) // ITEMS_PER_PROCESS)
    if processes < 2:
        yield from (call(item, ports) for item in items)
        return
    pool = ProcessPoolExecutor(processes, get_context("spawn"), initializer=_begin, initargs=(call, connect))
    try:
        yield from pool.map(_call, items)
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(call: Callable[[Any, Ports], Any], connect: Callable[[], Ports]) -> None:
    # Ctrl-C reaches all processes of a terminal; only the first one has something to say about it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _Worker.call, _Worker.ports = staticmethod(call), connect()
    # All modules are loaded by now. The garbage collector need not look at them again and again.
    gc.freeze()


def _call(item: Any) -> Any:
    return _Worker.call(item, _Worker.ports)

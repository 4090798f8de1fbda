"""Every call that a step makes to the outside is numbered; before or after any of them, something else can happen."""

import copyreg
import pickle
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cache
from io import BytesIO
from threading import Lock, RLock
from types import FunctionType
from typing import Any, NamedTuple

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.base import Record
from tests.unit.usecases.world import World

# The clock and the limits are not outside.
PORTS = (
    *("policies", "jobs", "states", "waiting", "decisions", "sweeps", "ledger", "metrics", "data", "tables"),
    *("registry", "traffic", "cluster", "executions", "events"),
    *("notifications", "outbox", "routing", "audit"),
)
INSIDE = {"data.uri"}
LOCKS = (Lock, RLock)
NEVER_CHANGES = (Record, datetime, timedelta, FunctionType)

Step = Callable[[World, str], object]
Prepare = Callable[[], tuple[World, str]]


def copied(prepare: Prepare) -> Prepare:
    """The same world each time, made once: to copy it for each moment is much faster."""
    made = cache(lambda: _Original(prepare()))
    return lambda: made().copy()


class _Original:
    """A world as bytes, of which copies are made in a tenth of the time of `deepcopy`.

    Locks are new in each copy; only here, because elsewhere a lock that can be copied hides errors. What never changes,
    such as records and functions, is in all copies the same.
    """

    def __init__(self, prepared: tuple[World, str]) -> None:
        self._kept: list[object] = []
        sink = BytesIO()
        pickler = _Pickler(sink, self._kept)
        pickler.dump(prepared)
        self._bytes = sink.getvalue()

    def copy(self) -> tuple[World, str]:
        copier = _Unpickler(BytesIO(self._bytes), self._kept)
        prepared: tuple[World, str] = copier.load()
        return prepared


class _Pickler(pickle.Pickler):
    """Puts what never changes into a list, and names it by its place there."""

    def __init__(self, sink: BytesIO, kept: list[object]) -> None:
        super().__init__(sink, protocol=pickle.HIGHEST_PROTOCOL)
        self._kept = kept
        self.dispatch_table = copyreg.dispatch_table | {type(lock()): lambda _, lock=lock: (lock, ()) for lock in LOCKS}

    def persistent_id(self, value: object) -> int | None:
        if not isinstance(value, NEVER_CHANGES):
            return None
        self._kept.append(value)
        return len(self._kept) - 1


class _Unpickler(pickle.Unpickler):
    def __init__(self, source: BytesIO, kept: list[object]) -> None:
        super().__init__(source)
        self._kept = kept

    def persistent_load(self, place: int) -> object:
        return self._kept[place]


class Killed(BaseException):
    """The process is gone."""


class Moment(NamedTuple):
    """Before or after one of the calls; a call that is made again has its number in brackets."""

    when: str
    call: str


class OutsideCalls:
    """All calls to some ports while a step runs; at one moment an event happens, which may raise Killed."""

    def __init__(
        self, ports: MemoryPorts, at: Moment | None = None, event: Callable[[], object] = lambda: None
    ) -> None:
        self.made: list[str] = []
        self._numbers: Counter[str] = Counter()
        self._at, self._event = at, event
        self._is_listening = self._is_dead = False
        for name in PORTS:
            setattr(ports, name, TappedPort(self, name, getattr(ports, name)))

    def run(self, step: Callable[[], object]) -> None:
        """Run the step until it ends or is killed."""
        self._is_listening = True
        try:
            step()
        except Killed:
            pass
        finally:
            self._is_listening = False

    def call(self, name: str, real: Callable[[], Any]) -> Any:
        """Make a call, with whatever happens before or after it."""
        if not self._is_listening:
            return real()
        if self._is_dead:  # another thread of the same process
            raise Killed
        self._numbers[name] += 1
        number = self._numbers[name]
        self.made.append(name if number == 1 else f"{name} ({number})")
        self._happen(Moment("before", self.made[-1]))
        answer = real()
        self._happen(Moment("after", self.made[-1]))
        return answer

    def _happen(self, moment: Moment) -> None:
        if moment != self._at:
            return
        self._is_listening = False
        try:
            self._event()
        except Killed:
            self._is_dead = True
            raise
        finally:
            self._is_listening = True


class TappedPort:
    """A port whose calls are numbered under its name."""

    def __init__(self, calls: OutsideCalls, name: str, real: Any) -> None:
        self._calls, self._name, self._real = calls, name, real

    def __getattr__(self, method: str) -> Any:
        value, name = getattr(self._real, method), f"{self._name}.{method}"
        if not callable(value) or name in INSIDE:
            return value
        return lambda *positional, **named: self._calls.call(name, lambda: value(*positional, **named))


def moments(prepare: Prepare, step: Step) -> Iterator[Moment]:
    """Before and after each call that the step makes if nothing interrupts it."""
    world, job_id = prepare()
    calls = OutsideCalls(world.ports)
    calls.run(lambda: step(world, job_id))
    assert calls.made
    return (Moment(when, call) for call in calls.made for when in ("before", "after"))


def table(problems: dict[Moment, str | None]) -> str:
    """What came of each moment."""
    return "\n" + "\n".join(f"{problem or 'good':<4} | {' '.join(moment)}" for moment, problem in problems.items())


def die() -> None:
    raise Killed

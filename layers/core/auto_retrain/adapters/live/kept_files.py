"""What was read of files, kept for the next passes of the same function instance."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any, Protocol, TypeVar


class Sized(Protocol):
    """A part of what a file holds, in memory."""

    @property
    def nbytes(self) -> int: ...


Part = TypeVar("Part", bound=Sized)


class KeptFiles:
    """Parts of files by a key that says all they depend on, at most so many bytes of them."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = self._room = max_bytes
        self._before: dict[Hashable, list[Any]] = {}
        self._now: dict[Hashable, list[Any]] = {}

    def parts(self, key: Hashable, read: Callable[[], Iterable[Part]]) -> Iterator[Part]:
        """Those that were kept, or else read: one at a time, as a file may hold more than there is room for."""
        kept: list[Part] = []
        size = 0
        for part in self._before[key] if key in self._before else read():
            yield part
            size += part.nbytes
            if size > self._room:
                kept.clear()
            else:
                kept.append(part)
        self._keep(key, kept, size)

    def end_pass(self) -> None:
        """What this pass did not need, such as the files of other rollouts, stays as long as there is room."""
        for key, kept in self._before.items():
            self._keep(key, kept, sum(part.nbytes for part in kept))
        self._before, self._now, self._room = self._now, {}, self._max_bytes

    def _keep(self, key: Hashable, parts: list[Any], size: int) -> None:
        if key not in self._now and size <= self._room:
            self._now[key] = parts
            self._room -= size

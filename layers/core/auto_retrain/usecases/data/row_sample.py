"""A uniform sample of the rows of a stream."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

SAMPLED_ROWS = 100_000
# Candidates are gathered until they are so many: choosing among them copies the whole sample.
_MAX_WAITING = 20_000
SAMPLING_SEED = 20_130_101

Array = np.ndarray[Any, Any]


class RowSample:
    """A uniform sample of the rows of a stream, however it is batched: those with the lowest random numbers.

    Streams whose samples are merged need seeds of their own.
    """

    def __init__(self, seed: int | Sequence[int] = SAMPLING_SEED, size: int = SAMPLED_ROWS) -> None:
        self._random, self._size = np.random.default_rng(seed), size
        self._draws: list[Array] = []
        self._values: defaultdict[str, list[Array]] = defaultdict(list)
        self._highest = np.inf
        self._waiting = 0

    def add(self, rows: int, values_at: Callable[[Array], Mapping[str, Array]]) -> None:
        """Sample some rows; `values_at` gives the columns of those at some places, as few as can be."""
        drawn = self._random.random(rows)
        # The longer the stream, the fewer of its rows are candidates.
        candidates = np.flatnonzero(drawn < self._highest)
        self._draws.append(drawn[candidates])
        for name, values in values_at(candidates).items():
            self._values[name].append(values)
        self._waiting += candidates.size
        if self._waiting > _MAX_WAITING:
            self._choose()

    @property
    def values(self) -> dict[str, Array]:
        """The columns of the sampled rows, in the order of the stream."""
        if self._waiting:
            self._choose()
        return {name: parts[0] for name, parts in self._values.items()}

    @property
    def draws(self) -> Array:
        """The random numbers of the sampled rows."""
        if self._waiting:
            self._choose()
        return self._draws[0] if self._draws else np.empty(0)

    @property
    def limit(self) -> float:
        """All rows whose number is below it are in the sample; 1 for all rows."""
        return min(float(self._highest), 1.0)

    def _choose(self) -> None:
        draws = np.concatenate(self._draws)
        kept: Any = slice(None)
        if draws.size > self._size:
            kept = np.sort(np.argpartition(draws, self._size)[: self._size])
        self._draws = [draws[kept]]
        for name, parts in self._values.items():
            self._values[name] = [np.concatenate(parts)[kept]]
        if self._draws[0].size == self._size:
            self._highest = self._draws[0].max()
        self._waiting = 0

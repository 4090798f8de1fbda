"""A uniform sample of the rows of a stream."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

SAMPLED_ROWS = 100_000
# Candidates are gathered until they are so many: choosing among them copies the whole sample.
_MAX_WAITING = 20_000
_SEED = 20_130_101

Array = np.ndarray[Any, Any]


class RowSample:
    """A uniform sample of the rows of a stream, however it is batched: those with the lowest random numbers."""

    def __init__(self) -> None:
        self._random = np.random.default_rng(_SEED)
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

    def _choose(self) -> None:
        draws = np.concatenate(self._draws)
        kept: Any = slice(None)
        if draws.size > SAMPLED_ROWS:
            kept = np.sort(np.argpartition(draws, SAMPLED_ROWS)[:SAMPLED_ROWS])
        self._draws = [draws[kept]]
        for name, parts in self._values.items():
            self._values[name] = [np.concatenate(parts)[kept]]
        if self._draws[0].size == SAMPLED_ROWS:
            self._highest = self._draws[0].max()
        self._waiting = 0

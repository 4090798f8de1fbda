"""A uniform sample of the rows of a stream."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

SAMPLED_ROWS = 100_000
_SEED = 20_130_101

Array = np.ndarray[Any, Any]


class RowSample:
    """A uniform sample of the rows of a stream, however it is batched: those with the lowest random numbers."""

    def __init__(self) -> None:
        self._random = np.random.default_rng(_SEED)
        self._draws = np.empty(0)
        self._highest = np.inf
        self.values: dict[str, Array] = {}

    def add(self, rows: int, values_at: Callable[[Array], Mapping[str, Array]]) -> None:
        """Sample some rows; `values_at` gives the columns of those at some places, as few as can be."""
        drawn = self._random.random(rows)
        # The longer the stream, the fewer of its rows are candidates.
        candidates = np.flatnonzero(drawn < self._highest)
        draws = np.concatenate([self._draws, drawn[candidates]])
        kept = np.arange(draws.size)
        if draws.size > SAMPLED_ROWS:
            kept = np.sort(np.argpartition(draws, SAMPLED_ROWS)[:SAMPLED_ROWS])
        self._draws = draws[kept]
        if kept.size == SAMPLED_ROWS:
            self._highest = self._draws.max()
        for name, values in values_at(candidates).items():
            self.values[name] = np.concatenate([self.values.get(name, values[:0]), values])[kept]

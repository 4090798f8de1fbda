"""How much the rows of an entity resemble each other, by a sample of them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ...domain.drift import DesignEffects
from ...statistics.design_effect import RowWeights, by_entity, row_weights
from ...statistics.pooling import MAX_BINS
from ...statistics.stability import Levels
from .part_features import hashes_of_levels
from .part_records import EntityRows

# The codes of categories: their places, the most frequent ones first, and those behind them together.
RARE, UNSEEN, MISSING = MAX_BINS, MAX_BINS + 1, MAX_BINS + 2

Array = np.ndarray[Any, Any]


class EntityEffects:
    """The design effects of features of a window."""

    def __init__(self, sample: EntityRows, numeric: Sequence[str], categorical: Sequence[str]) -> None:
        self._sample, self._numeric, self._categorical = sample, numeric, categorical
        self._owners = by_entity(sample.entities)

    def of_features(self, edges: Mapping[str, Array], levels: Mapping[str, Levels]) -> dict[str, DesignEffects]:
        """The effects of each feature with these bins."""
        return dict([*self._of_numbers(edges), *self._of_categories(levels)])

    def _of_numbers(self, edges: Mapping[str, Array]) -> Iterator[tuple[str, DesignEffects]]:
        for name, bounds in edges.items():
            values = self._sample.numbers[self._numeric.index(name)]
            # A bin holds the values up to and including its upper edge; NaN sorts behind all of them.
            codes = np.where(np.isnan(values), bounds.size + 1, np.searchsorted(bounds, values, side="left"))
            bins, missing = self._weights(codes), self._weights(codes == bounds.size + 1)
            yield name, DesignEffects(bins=bins.effect, unequal=bins.unequal, missing=missing.effect)

    def _of_categories(self, levels: Mapping[str, Levels]) -> Iterator[tuple[str, DesignEffects]]:
        for name, known in levels.items():
            codes = _codes(self._sample.categories[self._categorical.index(name)], known)
            bins, missing, unseen = (self._weights(each) for each in (codes, codes == MISSING, codes == UNSEEN))
            yield (
                name,
                DesignEffects(bins=bins.effect, unequal=bins.unequal, missing=missing.effect, unseen=unseen.effect),
            )

    def _weights(self, codes: Array) -> RowWeights:
        return row_weights(codes, self._owners, self._sample.rows)


def _codes(hashes: Array, levels: Levels) -> Array:
    """The places of categories, the rare ones together, by the hashes of their names."""
    places = [*range(len(levels.frequent)), *([RARE] * len(levels.rare or ()))]
    known = hashes_of_levels([*levels.frequent, *(levels.rare or ())])
    if not known.size:
        return np.where(hashes < 0, MISSING, UNSEEN)
    order = np.argsort(known)
    found = np.minimum(np.searchsorted(known[order], hashes), known.size - 1)
    is_known = known[order][found] == hashes
    of_known = np.minimum(np.array(places)[order[found]], RARE)
    codes: Array = np.where(is_known, of_known, np.where(hashes < 0, MISSING, UNSEEN))
    return codes

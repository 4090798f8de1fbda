"""How much the rows of an entity resemble each other, noticed while the rows are read."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from ...domain.drift import DesignEffects
from ...ports import RowBatch
from ...statistics.design_effect import design_effect
from ...statistics.pooling import MAX_BINS
from ...statistics.stability import Levels
from .row_sample import RowSample

# The codes of categories: their places, the most frequent ones first, and those behind them together.
RARE, UNSEEN, MISSING = MAX_BINS, MAX_BINS + 1, MAX_BINS + 2
_ENTITIES = ""
_NOT_NEGATIVE = (1 << 63) - 1

Array = np.ndarray[Any, Any]


class EntitySample:
    """Sees the rows of a stream, and measures how much the rows of an entity resemble each other in each feature."""

    def __init__(self, entity: str, edges: Mapping[str, Array], levels: Mapping[str, Levels]) -> None:
        self._entity = entity
        self._edges = edges
        self._places = {
            name: {level: min(place, RARE) for place, level in enumerate(known.frequent)} | {None: MISSING}
            for name, known in levels.items()
        }
        self._rare = {name: known.rare or frozenset() for name, known in levels.items()}
        self._sample = RowSample()
        self._rows = 0

    def add(self, day: date, batch: RowBatch) -> None:
        self._sample.add(batch.rows, lambda places: self._codes(batch, places))
        self._rows += batch.rows

    def effects(self) -> dict[str, DesignEffects]:
        """The design effects of each feature."""
        values = self._sample.values
        return {name: self._effects_of(name, values[name]) for name in values if name != _ENTITIES}

    def _effects_of(self, name: str, codes: Array) -> DesignEffects:
        missing = self._edges[name].size + 1 if name in self._edges else None
        return effects_of(codes, self._sample.values[_ENTITIES], self._rows, missing)

    def _codes(self, batch: RowBatch, places: Array) -> dict[str, Array]:
        codes = {_ENTITIES: self._entity_codes(batch.texts[self._entity], places)}
        for name, edges in self._edges.items():
            values = batch.numbers[name][places]
            # A bin holds the values up to and including its upper edge; NaN sorts behind all of them.
            bins = np.searchsorted(edges, values, side="left")
            codes[name] = np.where(np.isnan(values), edges.size + 1, bins)
        for name, known in self._places.items():
            texts = batch.texts[name]
            codes[name] = np.array([self._place(name, known, texts[place]) for place in places], dtype=np.int64)
        return codes

    def _place(self, name: str, known: Mapping[str | None, int], text: str | None) -> int:
        return known.get(text, RARE if text in self._rare[name] else UNSEEN)

    def _entity_codes(self, texts: Sequence[str | None], places: Array) -> Array:
        """A hash of each entity; a row without one is an entity of its own, and has a negative code."""
        codes = -1 - self._rows - places
        for row, place in enumerate(places):
            text = texts[place]
            if text is not None:
                codes[row] = hash(text) & _NOT_NEGATIVE
        return codes


def effects_of(codes: Array, entities: Array, rows: int, missing: int | None) -> DesignEffects:
    """The effects by sampled rows; `missing` is the code of missing numbers, None for categories."""

    def effect(of: Array) -> float:
        return design_effect(of, entities, rows)

    unseen = effect(codes == UNSEEN) if missing is None else 1.0
    return DesignEffects(
        bins=effect(codes), missing=effect(codes == (MISSING if missing is None else missing)), unseen=unseen
    )

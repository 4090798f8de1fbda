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

_ENTITIES = ""
_NOT_NEGATIVE = (1 << 63) - 1

Array = np.ndarray[Any, Any]


class EntitySample:
    """Sees the rows of a stream, and measures how much the rows of an entity resemble each other in each feature."""

    def __init__(self, entity: str, edges: Mapping[str, Array], levels: Mapping[str, Levels]) -> None:
        self._entity = entity
        self._edges = edges
        self._places = {
            name: {level: min(place, MAX_BINS) for place, level in enumerate(known.frequent)} | {None: MAX_BINS + 2}
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
        entities = self._sample.values[_ENTITIES]
        missing = self._edges[name].size + 1 if name in self._edges else MAX_BINS + 2

        def effect(of: Array) -> float:
            return design_effect(of, entities, self._rows)

        unseen = effect(codes == MAX_BINS + 1) if name in self._places else 1.0
        return DesignEffects(bins=effect(codes), missing=effect(codes == missing), unseen=unseen)

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
        return known.get(text, MAX_BINS if text in self._rare[name] else MAX_BINS + 1)

    def _entity_codes(self, texts: Sequence[str | None], places: Array) -> Array:
        """A hash of each entity; a row without one is an entity of its own, and has a negative code."""
        codes = -1 - self._rows - places
        for row, place in enumerate(places):
            text = texts[place]
            if text is not None:
                codes[row] = hash(text) & _NOT_NEGATIVE
        return codes

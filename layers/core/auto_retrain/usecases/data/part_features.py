"""The features of one part of a window, as counts and samples that those of other parts can be added to."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from functools import reduce
from typing import Any

import numpy as np

from ...ports import RowBatch
from ...statistics.cells import add_cells
from ...statistics.id_sample import stable_hashes
from .feature_days import DaySamples
from .level_counts import merged_levels
from .part_records import DaySample, DayValues, EntityRows, FeaturePart
from .row_sample import SAMPLED_ROWS, SAMPLING_SEED, RowSample

_ENTITIES = ""

Array = np.ndarray[Any, Any]


def merged_features(one: FeaturePart, other: FeaturePart) -> FeaturePart:
    """The features of both parts."""
    entities = [each.entities for each in (one, other) if each.entities is not None]
    return FeaturePart(
        rows=one.rows + other.rows,
        numbers={name: add_cells(cells, other.numbers[name]) for name, cells in one.numbers.items()},
        categories={name: merged_levels(rows, other.categories[name]) for name, rows in one.categories.items()},
        days=_merged_days(one.days, other.days),
        few_categories=_merged_few(one.few_categories, other.few_categories),
        entities=reduce(_merged_entities, entities) if entities else None,
    )


class DayRanges:
    """Two values of each feature on each day, its lowest and highest until they differ, and two of its categories."""

    def __init__(self, numeric: Sequence[str]) -> None:
        self._places = {name: place for place, name in enumerate(numeric)}
        self._ranges: dict[int, Array] = {}
        self._few: defaultdict[str, dict[date, tuple[str, ...]]] = defaultdict(dict)

    def add(self, day: date, batch: RowBatch) -> None:
        if not batch.rows:
            return
        ranges = self._ranges.setdefault(day.toordinal(), np.full((len(self._places), 2), np.nan))
        for name, numbers in batch.numbers.items():
            lowest, highest = ranges[self._places[name]]
            # Two values already show that a feature changes.
            if not lowest < highest:
                ends = np.fmin.reduce(numbers, initial=lowest), np.fmax.reduce(numbers, initial=highest)
                ranges[self._places[name]] = ends
        for name, levels in batch.levels.items():
            before = self._few[name].get(day, ())
            if len(before) < 2:
                self._few[name][day] = _two_of({*before, *(level for level in levels if level is not None)})

    @property
    def values(self) -> DayValues:
        days = sorted(self._ranges)
        ranges = [self._ranges[day] for day in days]
        return DayValues(np.array(days, np.int64), np.array(ranges).reshape(len(days), len(self._places), 2))

    @property
    def few_categories(self) -> dict[str, dict[date, tuple[str, ...]]]:
        return dict(self._few)


def _two_of(levels: set[str]) -> tuple[str, ...]:
    """Two already show that a feature changes."""
    return tuple(sorted(levels)[:2])


def _merged_days(one: DayValues, other: DayValues) -> DayValues:
    """The ranges of the days of both parts."""
    days = np.union1d(one.days, other.days)
    ranges = np.full((days.size, *one.ranges.shape[1:]), np.nan)
    for part in (one, other):
        places = np.searchsorted(days, part.days)
        ranges[places, :, 0] = np.fmin(ranges[places, :, 0], part.ranges[:, :, 0])
        ranges[places, :, 1] = np.fmax(ranges[places, :, 1], part.ranges[:, :, 1])
    return DayValues(days, ranges)


def _merged_few(
    one: dict[str, dict[date, tuple[str, ...]]], other: dict[str, dict[date, tuple[str, ...]]]
) -> dict[str, dict[date, tuple[str, ...]]]:
    """Two categories of each feature on each day of both parts."""
    merged = {}
    for name in one | other:
        of_one, of_other = one.get(name, {}), other.get(name, {})
        days = sorted({*of_one, *of_other})
        merged[name] = {day: _two_of({*of_one.get(day, ()), *of_other.get(day, ())}) for day in days}
    return merged


def merged_samples(one: DaySample, other: DaySample, size: int) -> DaySample:
    """Of the values of both parts, at most so many for each day: those with the lowest numbers."""
    days, draws = np.concatenate([one.days, other.days]), np.concatenate([one.draws, other.draws])
    values = np.concatenate([one.values, other.values], axis=1)
    order = np.lexsort((draws, days))
    days, draws, values = days[order], draws[order], values[:, order]
    starts = np.searchsorted(days, days)
    kept = np.arange(days.size) - starts < size
    return DaySample(days[kept], draws[kept], values[:, kept])


class EntityRowSample:
    """Sees the rows of a part, and keeps a uniform sample of them with their entities."""

    def __init__(
        self,
        entity: str,
        numeric: Sequence[str],
        categorical: Sequence[str],
        seed: int | Sequence[int] = SAMPLING_SEED,
        size: int = SAMPLED_ROWS,
    ) -> None:
        self._entity, self._numeric, self._categorical = entity, numeric, categorical
        self._sample = RowSample(seed, size)
        self._seed, self._rows = seed, 0

    def add(self, day: date, batch: RowBatch) -> None:
        self._sample.add(batch.rows, lambda places: self._columns(batch, places))
        self._rows += batch.rows

    def _columns(self, batch: RowBatch, places: Array) -> dict[str, Array]:
        texts = batch.texts[self._entity]
        # A row without an entity is its own.
        named = [texts[place] or f"\0{self._seed}\0{self._rows + place}" for place in places]
        columns = {_ENTITIES: stable_hashes(named).view(np.int64)}
        columns |= {name: batch.numbers[name][places] for name in self._numeric}
        for name in self._categorical:
            levels = batch.texts[name]
            columns[name] = hashes_of_levels([levels[place] for place in places])
        return columns

    @property
    def rows(self) -> EntityRows:
        draws, values = self._sample.draws, self._sample.values
        empty = np.empty(0, np.int64)
        numbers = [values.get(name, np.empty(0)) for name in self._numeric]
        categories = [values.get(name, empty) for name in self._categorical]
        return EntityRows(
            draws,
            values.get(_ENTITIES, empty),
            np.array(numbers, np.float64).reshape(len(numbers), draws.size),
            np.array(categories, np.int64).reshape(len(categories), draws.size),
            self._rows,
            self._sample.limit,
        )


def hashes_of_levels(levels: Sequence[str | None]) -> Array:
    """A hash of each category that is not negative, -1 for missing."""
    known = (stable_hashes(level or "" for level in levels) >> np.uint64(1)).astype(np.int64)
    hashes: Array = np.where([level is None for level in levels], -1, known)
    return hashes


def _merged_entities(one: EntityRows, other: EntityRows) -> EntityRows:
    """A uniform sample of the rows of both parts."""
    limit = min(one.limit, other.limit)
    draws = np.concatenate([one.draws, other.draws])
    order = np.argsort(draws)
    order = order[draws[order] < limit]
    if order.size > SAMPLED_ROWS:
        limit = float(draws[order[SAMPLED_ROWS]])
        order = order[:SAMPLED_ROWS]
    return EntityRows(
        draws[order],
        np.concatenate([one.entities, other.entities])[order],
        np.concatenate([one.numbers, other.numbers], axis=1)[:, order],
        np.concatenate([one.categories, other.categories], axis=1)[:, order],
        one.rows + other.rows,
        limit,
    )


def sampled_days(samples: DaySamples, numeric: Sequence[str]) -> DaySample:
    """What a sampler has kept of each day, row by row."""
    rows = samples.rows_by_day()
    days = [np.full(draws.size, day.toordinal(), np.int64) for day, draws, _ in rows]
    values = [
        np.array([of_day[name] for name in numeric]).reshape(len(numeric), draws.size) for _, draws, of_day in rows
    ]
    return DaySample(
        np.concatenate([np.empty(0, np.int64), *days]),
        np.concatenate([np.empty(0), *(draws for _, draws, _ in rows)]),
        np.concatenate([np.empty((len(numeric), 0)), *values], axis=1),
    )

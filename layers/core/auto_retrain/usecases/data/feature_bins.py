"""Finds the bins of each feature in a stream of rows, and counts rows in them; memory does not grow with the rows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...domain.drift import DesignEffects
from ...domain.manifest import DataColumns
from ...domain.policy.data import DriftPolicy
from ...statistics.stability import Levels, count_levels, count_numeric, decile_edges, reference_levels
from .column_blocks import ColumnBlock, merged, read_blocks
from .entity_sample import EntitySample
from .feature_days import DayWatcher, Runs, SharedWatchers, StillDays, add_to_all
from .row_sample import RowSample
from .window_rows import WindowRows

# Beyond this, a column of names or numbers rather than categories would exhaust the memory.
MAX_LEVELS = 20_000

Array = np.ndarray[Any, Any]


class Bins(NamedTuple):
    """The inner edges of numeric features, and the categories of the others."""

    edges: Mapping[str, Array]
    levels: Mapping[str, Levels]


class Counted(NamedTuple):
    """All rows and, by feature: those in each bin, days in a row, and how much the rows of an entity are alike."""

    rows: int
    counts: Mapping[str, tuple[int, ...]]
    runs: Mapping[str, Runs]
    effects: Mapping[str, DesignEffects]


def watched(columns: DataColumns, drift: DriftPolicy) -> tuple[list[str], list[str]]:
    """Numeric and categorical features that are not ignored."""
    numeric = [name for name in columns.numeric if name not in drift.ignore]
    return numeric, [name for name in columns.categorical if name not in drift.ignore]


def find_bins(drift: DriftPolicy, rows: WindowRows) -> Bins:
    """Bins in which the rows of a window are about equally many; reads each column once."""
    numeric, categorical = watched(rows.columns, drift)
    found = read_blocks(rows.blocks(numeric, categorical), lambda block: _bins_of(block, rows))
    return Bins(
        merged([bins.edges for bins in found], numeric),
        merged([bins.levels for bins in found], categorical),
    )


def _bins_of(block: ColumnBlock, rows: WindowRows) -> Bins:
    numeric, categorical = block
    sample = RowSample()
    counts = {name: LevelCounts() for name in categorical}
    for batch in rows.in_one_go(block):
        if numeric:
            sample.add(batch.rows, lambda places, numbers=batch.numbers: {n: numbers[n][places] for n in numeric})  # type: ignore[misc]
        for name in categorical:
            counts[name].add(batch.levels[name], batch.rows)
    values = sample.values
    edges = {name: decile_edges(values.get(name, np.empty(0))) for name in numeric}
    return Bins(edges, {name: reference_levels(each.counts, complete=each.complete) for name, each in counts.items()})


def count_rows(rows: WindowRows, bins: Bins, watchers: Sequence[DayWatcher] = ()) -> Counted:
    """Count the rows of a window in bins; reads each column once, and watchers see each cell."""
    edges, levels = bins
    shared, order = SharedWatchers(watchers), [*edges, *levels]
    blocks = rows.blocks(list(edges), list(levels))
    counted = read_blocks(blocks, lambda block: _count_block(block, rows, bins, shared))
    return Counted(
        counted[0].rows,
        merged([part.counts for part in counted], order),
        merged([part.runs for part in counted], order),
        merged([part.effects for part in counted], order),
    )


def _count_block(block: ColumnBlock, rows: WindowRows, bins: Bins, shared: SharedWatchers) -> Counted:
    edges = {name: bins.edges[name] for name in block.numeric}
    levels = {name: bins.levels[name] for name in block.categorical}
    entity = rows.columns.entity
    # Only rows that belong together have to be seen one by one.
    texts = [entity, *levels] if entity else []
    entities = EntitySample(entity, edges, levels) if entity else None
    still = StillDays()
    watchers: list[DayWatcher] = [still, shared, *([entities] if entities else [])]
    number = 0
    counts = {name: np.zeros(bounds.size + 2, dtype=np.int64) for name, bounds in edges.items()}
    counts |= {name: np.zeros(len(known.frequent) + 3, dtype=np.int64) for name, known in levels.items()}
    for day, batch in rows.batches(block, texts):
        add_to_all(watchers, day, batch)
        number += batch.rows
        for name, bounds in edges.items():
            counts[name] += count_numeric(batch.numbers[name], bounds)
        for name, known in levels.items():
            counts[name] += count_levels(batch.levels[name], known, batch.rows)
    effects = entities.effects() if entities else {}
    return Counted(
        number,
        {name: tuple(map(int, of_bins)) for name, of_bins in counts.items()},
        {name: still.runs_of(name) for name in counts},
        {name: effects.get(name, DesignEffects()) for name in counts},
    )


class LevelCounts:
    """Rows per category of a stream; once there are too many categories, the rarest are dropped."""

    def __init__(self) -> None:
        self.counts: Counter[str | None] = Counter()
        self.complete = True

    def add(self, counts: Mapping[str | None, int], rows: int) -> None:
        self.counts.update(counts)
        self.complete = self.complete and sum(counts.values()) == rows
        if len(self.counts) > MAX_LEVELS:
            self.counts = Counter(dict(self.counts.most_common(MAX_LEVELS // 2)))
            self.complete = False

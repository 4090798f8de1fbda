"""Finds the bins of each feature, and counts rows in them; memory does not grow with the rows."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import numpy as np

from ...domain.drift import DesignEffects
from ...domain.manifest import DataColumns, DataObject
from ...domain.policy.data import DriftPolicy
from ...ports import RowBatch, TableReader
from ...statistics.cells import coarser, count_in_bins, edges_of_cells
from ...statistics.stability import Levels, count_levels, count_numeric, reference_levels
from .column_blocks import ColumnBlock, column_blocks, merged, read_blocks
from .entity_effects import EntityEffects
from .feature_days import Runs, StillDays
from .level_counts import with_missing
from .part_features import EntityRowSample
from .part_records import FeaturePart
from .window_rows import rows_by_day

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


def find_bins(
    reference: FeaturePart, numeric: Sequence[str], categorical: Sequence[str], live: FeaturePart | None = None
) -> Bins:
    """Bins in which the rows of a window are about equally many; those of a live window are counted exactly as well."""
    edges = {}
    for name in numeric:
        cells = reference.numbers[name]
        edges[name] = edges_of_cells(coarser(cells, max(cells.shift, live.numbers[name].shift if live else 0)))
    levels = {}
    for name in categorical:
        rows = reference.categories[name]
        levels[name] = reference_levels(with_missing(rows), complete=rows.complete)
    return Bins(edges, levels)


def count_part(part: FeaturePart, bins: Bins, numeric: Sequence[str], categorical: Sequence[str]) -> Counted:
    """The rows of a window in bins that `find_bins` found for it; the names are all that were read, in order."""
    counts = {name: count_in_bins(part.numbers[name], edges) for name, edges in bins.edges.items()}
    for name, levels in bins.levels.items():
        counts[name] = tuple(count_levels(with_missing(part.categories[name]), levels, part.rows))
    effects = EntityEffects(part.entities, numeric, categorical).of_features(*bins) if part.entities else {}
    return _counted(part.rows, counts, _still_days(part, numeric), effects)


def _counted(
    rows: int, counts: Mapping[str, tuple[int, ...]], still: StillDays, effects: Mapping[str, DesignEffects]
) -> Counted:
    runs = {name: still.runs_of(name) for name in counts}
    return Counted(rows, counts, runs, {name: effects.get(name, DesignEffects()) for name in counts})


def _still_days(part: FeaturePart, numeric: Sequence[str]) -> StillDays:
    """As if all values of a day were its lowest and its highest one."""
    still = StillDays()
    for day, ranges in zip(part.days.days, part.days.ranges, strict=True):
        of_day = date.fromordinal(int(day))
        levels: dict[str, dict[str | None, int]] = {
            name: dict.fromkeys(few.get(of_day, ()), 1) for name, few in part.few_categories.items()
        }
        still.add(of_day, RowBatch(rows=1, numbers=dict(zip(numeric, ranges, strict=True)), levels=levels))
    return still


def count_live_rows(columns: DataColumns, objects: Sequence[DataObject], bins: Bins, tables: TableReader) -> Counted:
    """The rows of these objects in any bins, each read once; raises DataInvalid like a TableReader."""
    numeric, categorical = list(bins.edges), list(bins.levels)
    blocks = column_blocks(columns, numeric, categorical, objects)
    counted = read_blocks(blocks, lambda block: _count_block(block, columns, objects, bins, tables))
    order = [*numeric, *categorical]
    return Counted(
        counted[0].rows,
        merged([part.counts for part in counted], order),
        merged([part.runs for part in counted], order),
        merged([part.effects for part in counted], order),
    )


def _count_block(
    block: ColumnBlock, columns: DataColumns, objects: Sequence[DataObject], bins: Bins, tables: TableReader
) -> Counted:
    edges = {name: bins.edges[name] for name in block.numeric}
    levels = {name: bins.levels[name] for name in block.categorical}
    entities = EntityRowSample(columns.entity, *block) if columns.entity else None
    # Only rows that belong together have to be seen one by one.
    texts = [columns.entity, *levels] if columns.entity else []
    still, rows = StillDays(), 0
    counts = {name: np.zeros(bounds.size + 2, dtype=np.int64) for name, bounds in edges.items()}
    counts |= {name: np.zeros(len(known.frequent) + 3, dtype=np.int64) for name, known in levels.items()}
    for day, batch in rows_by_day(objects, columns.format, *block, texts, tables):
        still.add(day, batch)
        if entities:
            entities.add(day, batch)
        rows += batch.rows
        for name, bounds in edges.items():
            counts[name] += count_numeric(batch.numbers[name], bounds)
        for name, known in levels.items():
            counts[name] += count_levels(batch.levels[name], known, batch.rows)
    effects = EntityEffects(entities.rows, *block).of_features(edges, levels) if entities else {}
    return _counted(rows, {name: tuple(map(int, of_bins)) for name, of_bins in counts.items()}, still, effects)

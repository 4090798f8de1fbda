"""Reads the features of a window once, as counts and samples that those of other parts of it can be added to."""

from collections.abc import Sequence
from typing import Protocol

from ...domain.manifest import DataColumns, DataObject
from ...ports import RowBatch, TableReader
from ...statistics.cells import CellCounter, Cells
from .column_blocks import ColumnBlock, column_blocks, merged, read_blocks
from .feature_days import DayWatcher, SharedWatchers
from .level_counts import LevelCounts
from .part_features import DayRanges, EntityRowSample
from .part_records import CategoryRows, FeaturePart
from .row_sample import SAMPLED_ROWS, SAMPLING_SEED
from .window_rows import rows_by_day


class OtherColumns(Protocol):
    """Sees columns that are read beside the features: numbers and texts."""

    numeric: list[str]
    texts: list[str]

    def add(self, batch: RowBatch) -> None: ...


class FeatureReader:
    """Reads some features of windows, once each; memory does not grow with the rows.

    Of the rows of entities it keeps a sample of some `size`; samples that are merged need seeds of their own.
    """

    def __init__(
        self,
        columns: DataColumns,
        numeric: Sequence[str],
        categorical: Sequence[str],
        tables: TableReader,
        seed: int | Sequence[int] = SAMPLING_SEED,
        size: int = SAMPLED_ROWS,
    ) -> None:
        self._columns, self._tables = columns, tables
        self._numeric, self._categorical = numeric, categorical
        self._seed, self._size = seed, size

    def read(
        self, objects: Sequence[DataObject], watchers: Sequence[DayWatcher] = (), others: OtherColumns | None = None
    ) -> FeaturePart:
        """The features of these objects; watchers see those of each row once, and others see its other columns.

        Raises DataInvalid if an object changed, is unreadable or lacks a column.
        """
        days, entities = DayRanges(self._numeric), self._entity_rows()
        shared = SharedWatchers([*watchers, days, *([entities] if entities else [])])
        blocks = column_blocks(self._columns, self._numeric, self._categorical, objects)
        if others and (len(blocks) > 1 or any(item.date_column for item in objects)):
            # One table of all days is read anew for each of them, which its other columns need not be.
            for batch in self._tables.batches(objects, self._columns.format, others.numeric, (), others.texts):
                others.add(batch)
            others = None
        found = read_blocks(blocks, lambda block: self._read_block(block, objects, shared, others))
        return FeaturePart(
            rows=found[0][0],
            numbers=merged([numbers for _, numbers, _ in found], self._numeric),
            categories=merged([categories for _, _, categories in found], self._categorical),
            days=days.values,
            few_categories=days.few_categories,
            entities=entities.rows if entities else None,
        )

    def _entity_rows(self) -> EntityRowSample | None:
        entity = self._columns.entity
        if entity is None:
            return None
        return EntityRowSample(entity, self._numeric, self._categorical, self._seed, self._size)

    def _read_block(
        self, block: ColumnBlock, objects: Sequence[DataObject], watcher: DayWatcher, others: OtherColumns | None
    ) -> tuple[int, dict[str, Cells], dict[str, CategoryRows]]:
        entity, rows = self._columns.entity, 0
        numeric = [*block.numeric, *(others.numeric if others else ())]
        texts = [*([entity, *block.categorical] if entity else []), *(others.texts if others else ())]
        numbers = {name: CellCounter() for name in block.numeric}
        levels = {name: LevelCounts() for name in block.categorical}
        columns = (self._columns.format, numeric, block.categorical, texts)
        for day, batch in rows_by_day(objects, *columns, self._tables):
            if others:
                others.add(batch)
                batch = batch._replace(numbers={name: batch.numbers[name] for name in block.numeric})
            watcher.add(day, batch)
            rows += batch.rows
            for name, cells in numbers.items():
                cells.add(batch.numbers[name])
            for name, counts in levels.items():
                counts.add(batch.levels[name], batch.rows)
        return (
            rows,
            {name: cells.cells for name, cells in numbers.items()},
            {name: counts.rows for name, counts in levels.items()},
        )

"""The rows of a window, for those who have to see them several times."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from operator import attrgetter

from ...domain.manifest import DataColumns, DataObject
from ...ports import RowBatch, TableReader
from .column_blocks import ColumnBlock, column_blocks

# Most windows are smaller, and each object that is read again is another request to S3.
MAX_KEPT_BYTES = 64 << 20
# About what a category and its count take in a dictionary.
_BYTES_OF_A_LEVEL = 150

Batches = Iterator[tuple[date, RowBatch]]


class WindowRows:
    """Reads objects, and keeps what it has read of all columns as long as that is little."""

    def __init__(self, columns: DataColumns, objects: Sequence[DataObject], tables: TableReader) -> None:
        self.columns, self._objects, self._tables = columns, objects, tables
        self._kept: dict[ColumnBlock, list[tuple[date, RowBatch]]] = {}
        # Texts of entities are large, and a table of all days is better read in one go than day by day.
        self._may_keep = not columns.entity and not any(item.date_column for item in objects)

    def blocks(self, numeric: Sequence[str], categorical: Sequence[str]) -> list[ColumnBlock]:
        return column_blocks(self.columns, numeric, categorical, self._objects)

    def batches(self, block: ColumnBlock, texts: Sequence[str] = ()) -> Batches:
        """Day by day; a second time from memory, if there was room."""
        if block in self._kept:
            return iter(self._kept[block])
        keeps = self._may_keep and sum(item.size for item in self._objects) <= MAX_KEPT_BYTES
        return self._keeping(block) if keeps else self._read(block, texts)

    def in_one_go(self, block: ColumnBlock) -> Iterator[RowBatch]:
        """The same rows, for somebody to whom their days do not matter."""
        if self._may_keep:
            return (batch for _, batch in self.batches(block))
        return self._tables.batches(self._objects, self.columns.format, *block)

    def _keeping(self, block: ColumnBlock) -> Batches:
        kept: list[tuple[date, RowBatch]] | None = []
        size = 0
        for day, batch in self._read(block, ()):
            size += _bytes_of(batch)
            if size > MAX_KEPT_BYTES:
                kept = None
            if kept is not None:
                kept.append((day, batch))
            yield day, batch
        if kept is not None:
            self._kept[block] = kept

    def _read(self, block: ColumnBlock, texts: Sequence[str]) -> Batches:
        for day, objects_of_day in groupby(self._objects, attrgetter("date")):
            for batch in self._tables.batches(list(objects_of_day), self.columns.format, *block, texts):
                yield day, batch


def _bytes_of(batch: RowBatch) -> int:
    levels = sum(map(len, batch.levels.values()))
    return sum(int(numbers.nbytes) for numbers in batch.numbers.values()) + _BYTES_OF_A_LEVEL * levels

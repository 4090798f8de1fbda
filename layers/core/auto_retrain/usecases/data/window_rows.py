"""The rows of a window, day by day."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from operator import attrgetter

from ...domain.manifest import DataObject
from ...ports import RowBatch, TableReader
from .column_blocks import ColumnBlock


def rows_by_day(
    objects: Sequence[DataObject], format: str, block: ColumnBlock, texts: Sequence[str], tables: TableReader
) -> Iterator[tuple[date, RowBatch]]:
    """The features of a block, and these texts; raises DataInvalid like a TableReader."""
    for day, objects_of_day in groupby(objects, attrgetter("date")):
        for batch in tables.batches(list(objects_of_day), format, *block, texts):
            yield day, batch

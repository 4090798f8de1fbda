"""The rows of a window, day by day."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from operator import attrgetter

from ...domain.manifest import DataObject
from ...ports import RowBatch, TableReader


def rows_by_day(
    objects: Sequence[DataObject],
    format: str,
    numeric: Sequence[str],
    categorical: Sequence[str],
    texts: Sequence[str],
    tables: TableReader,
) -> Iterator[tuple[date, RowBatch]]:
    """These columns of the rows of objects; raises DataInvalid like a TableReader."""
    for day, objects_of_day in groupby(objects, attrgetter("date")):
        for batch in tables.batches(list(objects_of_day), format, numeric, categorical, texts):
            yield day, batch

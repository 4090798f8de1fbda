"""Which days the rows of a file are of, by a column with dates or moments."""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple, Self

import pyarrow as pa
from pyarrow import parquet

from ...domain.errors import DataInvalid
from ...domain.manifest import DataObject
from .row_days import NoDates, is_of_days

_EPOCH = datetime(1970, 1, 1)


class Days(NamedTuple):
    """The rows that count: those whose column is on one of the days."""

    column: str
    days: Collection[date]

    @classmethod
    def of(cls, item: DataObject, days: Collection[date] | None = None) -> Self | None:
        """Those of an object that is listed for one day, or for some; None if all of its rows count."""
        return cls(item.date_column, days or [item.date]) if item.date_column else None

    def rows_of(self, batch: pa.RecordBatch, uri: str) -> pa.RecordBatch:
        """Raises DataInvalid if the column has no dates."""
        try:
            return batch.filter(is_of_days(batch[self.column], self.days))
        except NoDates as error:
            raise DataInvalid(f"column '{self.column}' of '{uri}' {error}") from error

    def row_groups(self, metadata: parquet.FileMetaData) -> list[int]:
        """The row groups that may have such rows."""
        ranges = day_ranges(metadata, self.column)
        return [place for place, each in enumerate(ranges) if any(each.may_hold(day) for day in self.days)]


class DayRange(NamedTuple):
    """The days that a row group says it has; of one that says nothing, all."""

    first: date = date.min
    last: date = date.max

    def may_hold(self, day: date) -> bool:
        return self.first <= day <= self.last


def day_ranges(metadata: parquet.FileMetaData, column: str) -> list[DayRange]:
    """Those of each row group."""
    names = [metadata.schema.column(place).path for place in range(metadata.num_columns)]
    if column not in names:
        return [DayRange()] * metadata.num_row_groups
    place = names.index(column)
    return [_range(metadata.row_group(group).column(place)) for group in range(metadata.num_row_groups)]


def _range(chunk: parquet.ColumnChunkMetaData) -> DayRange:
    statistics = chunk.statistics
    if statistics is None or not statistics.has_min_max:
        return DayRange()
    try:
        first, last = _day(statistics.min), _day(statistics.max)
    except ValueError:
        # Nanoseconds that no datetime has, and there is no pandas here.
        first, last = _day_of(statistics.min_raw), _day_of(statistics.max_raw)
    return DayRange(first, last) if first and last else DayRange()


def _day_of(nanoseconds: int) -> date:
    return (_EPOCH + timedelta(microseconds=nanoseconds // 1000)).date()


def _day(value: Any) -> date | None:
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).date()
    return value if isinstance(value, date) else None

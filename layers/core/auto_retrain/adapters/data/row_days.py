"""The UTC days of rows and row groups, by a column with dates or moments."""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as parquet

_EPOCH = datetime(1970, 1, 1)


class NoDates(ValueError):
    """A column with something else than dates or moments; its text says what."""


def is_of_days(cells: pa.Array | pa.ChunkedArray, days: Collection[date]) -> pa.Array | pa.ChunkedArray:
    """Whether each cell is on one of the days; one that is missing is on none. Raises NoDates."""
    if not (pa.types.is_date(cells.type) or pa.types.is_timestamp(cells.type)):
        raise NoDates(_what_instead(cells.type))
    # In UTC, whatever the zone; and no machine has to know it. One without a zone is taken as it is.
    moments = pc.cast(cells, pa.timestamp(cells.type.unit)) if pa.types.is_timestamp(cells.type) else cells
    dates = pc.cast(moments, pa.date32(), safe=False)
    return pc.is_in(dates, value_set=pa.array(sorted(days), pa.date32()))


def _what_instead(kind: pa.DataType) -> str:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return f"is {kind}; it must be a date or a timestamp"
    how = "convert it with pandas.to_datetime, or CAST (… AS DATE) in SQL"
    return f"is text; it must be a date or a timestamp: {how}"


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


def row_groups_of(metadata: parquet.FileMetaData, column: str, days: Collection[date]) -> list[int]:
    """The row groups that may have rows of some days."""
    ranges = day_ranges(metadata, column)
    return [place for place, each in enumerate(ranges) if any(each.may_hold(day) for day in days)]


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

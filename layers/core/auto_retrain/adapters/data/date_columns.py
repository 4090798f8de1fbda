"""Which days the rows of a file are of, by a column with dates or moments."""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple, Self

import pyarrow as pa
from pyarrow import parquet

from ...domain.errors import DataInvalid
from ...domain.manifest import DataObject
from .row_days import NoDates, is_of_days, row_groups_of


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
        return row_groups_of(metadata, self.column, self.days)

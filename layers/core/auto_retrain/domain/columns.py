"""What a sample of a table tells about its columns."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

Kind = Literal["whole", "number", "boolean", "text", "time", "other"]


class ColumnFacts(NamedTuple):
    """A column in a sample: `distinct` counts its different values, `levels` has the most frequent ones with rows.

    Numbers that are only written as text, as in CSV, are numbers. `time` is a day or a moment, and `other` is what has
    no text, such as a list. `is_dated` if the cells are dates or moments by type and not only texts that look so, and
    then `days` has the rows of each UTC day as YYYY-MM-DD, and of None those without a date.
    """

    name: str
    kind: Kind
    rows: int
    missing: int
    distinct: int
    levels: tuple[tuple[str, int], ...]
    is_dated: bool = False
    days: Mapping[str | None, int] = MappingProxyType({})

    @property
    def present(self) -> int:
        return self.rows - self.missing

    @property
    def is_constant(self) -> bool:
        return self.distinct < 2

    @property
    def is_unique(self) -> bool:
        """Whether every row has a value of its own."""
        return self.rows > 1 and self.missing == 0 and self.distinct == self.rows

    @property
    def is_numeric(self) -> bool:
        return self.kind in ("whole", "number")


class Sample(NamedTuple):
    """The columns of a sample, in the order of its file, and the names that a policy cannot use."""

    name: str
    format: Literal["csv", "parquet"]
    rows: int
    columns: tuple[ColumnFacts, ...]

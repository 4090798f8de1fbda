"""Rows of each category, as they are counted in a stream."""

from collections import Counter
from collections.abc import Mapping

from .part_records import CategoryRows

# Beyond this, a column of names or numbers rather than categories would exhaust the memory.
MAX_LEVELS = 20_000


class LevelCounts:
    """Rows per category of a stream; once there are too many categories, the rarest are dropped."""

    def __init__(self) -> None:
        self._counts: Counter[str | None] = Counter()
        self._missing, self._complete = 0, True

    def add(self, counts: Mapping[str | None, int], rows: int) -> None:
        self._counts.update(counts)
        self._missing += self._counts.pop(None, 0)
        self._complete = self._complete and sum(counts.values()) == rows
        if len(self._counts) > MAX_LEVELS:
            self._counts = Counter(dict(self._counts.most_common(MAX_LEVELS // 2)))
            self._complete = False

    @property
    def rows(self) -> CategoryRows:
        counts = {level: rows for level, rows in self._counts.items() if level is not None}
        return CategoryRows(counts=counts, missing=self._missing, complete=self._complete)


def merged_levels(one: CategoryRows, other: CategoryRows) -> CategoryRows:
    """The categories of both; of too many, the most frequent ones."""
    counts = Counter(one.counts)
    counts.update(other.counts)
    complete = one.complete and other.complete and len(counts) <= MAX_LEVELS
    kept = counts if len(counts) <= MAX_LEVELS else dict(counts.most_common(MAX_LEVELS // 2))
    return CategoryRows(counts=dict(kept), missing=one.missing + other.missing, complete=complete)


def with_missing(rows: CategoryRows) -> dict[str | None, int]:
    """The rows of each category, with None for missing values."""
    counts: dict[str | None, int] = dict(rows.counts.items())
    return counts | {None: rows.missing} if rows.missing else counts

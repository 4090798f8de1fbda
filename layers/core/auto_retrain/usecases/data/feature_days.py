"""What single days of a window show about its features, noticed while the rows are read."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from threading import Lock
from typing import Any, NamedTuple, Protocol

import numpy as np

from ...data_checks.evidence import FeatureValues
from ...ports import RowBatch
from .row_sample import SAMPLING_SEED

MAX_VALUES_OF_A_DAY = 256
# Of all features and days together: 128 MB.
MAX_VALUES = 16_000_000
MAX_NAMES = 2_000

Array = np.ndarray[Any, Any]


class DayWatcher(Protocol):
    """Notices something about rows that somebody else reads, day by day."""

    def add(self, day: date, batch: RowBatch) -> None: ...


class Runs(NamedTuple):
    """Days with rows, and the most days in a row with one value and with none, in runs that came to an end.

    `open_still` are the last days in a row that all have one value, which may go on.
    """

    days: int
    still: int
    empty: int
    open_still: int


class StillDays:
    """Notices for how many days in a row a feature had one and the same value, or none at all.

    Days without any value do not end a run of days with one.
    """

    def __init__(self) -> None:
        self._days: set[date] = set()
        # Two values already show that a feature changes, so no more are collected.
        self._values: defaultdict[str, set[float | str]] = defaultdict(set)
        self._before: dict[str, set[float | str]] = {}
        self._still: Counter[str] = Counter()
        self._empty: Counter[str] = Counter()
        self._longest_still: Counter[str] = Counter()
        self._longest_empty: Counter[str] = Counter()

    def add(self, day: date, batch: RowBatch) -> None:
        if not batch.rows:
            return
        if day not in self._days:
            self._end_day()
            self._days.add(day)
        for name, numbers in batch.numbers.items():
            if len(self._values[name]) < 2:
                known = numbers[~np.isnan(numbers)]
                self._values[name].update({float(known.min()), float(known.max())} if known.size else ())
        for name, levels in batch.levels.items():
            if len(self._values[name]) < 2:
                self._values[name].update(level for level in levels if level is not None)

    def runs_of(self, feature: str) -> Runs:
        self._end_day()
        longest = self._longest_still[feature], self._longest_empty[feature]
        return Runs(len(self._days), *longest, open_still=self._still[feature])

    def _end_day(self) -> None:
        for name, values in self._values.items():
            if not values:
                self._empty[name] += 1
                self._still[name] += 1
                continue
            self._longest_empty[name] = max(self._longest_empty[name], self._empty.pop(name, 0))
            if len(values) == 1 and self._before.get(name, values) == values:
                self._still[name] += 1
            else:
                self._longest_still[name] = max(self._longest_still[name], self._still[name])
                self._still[name] = int(len(values) == 1)
            self._before[name] = values
        self._values.clear()


class DaySamples:
    """A uniform sample of the finite values of each numeric feature on each day: those with the lowest numbers.

    Features that are read apart get the same numbers, so their values are those of the same rows.
    """

    def __init__(self, days: int, features: int, seed: int | Sequence[int] = SAMPLING_SEED) -> None:
        self._size, self._seed = values_of_a_day(days, features), seed
        self._random: dict[tuple[str, ...], np.random.Generator] = {}
        self._draws: dict[tuple[str, ...], dict[date, Array]] = {}
        self._values: dict[date, dict[str, Array]] = {}

    def add(self, day: date, batch: RowBatch) -> None:
        if not batch.numbers:
            return
        together = tuple(batch.numbers)
        random = self._random.setdefault(together, np.random.default_rng(self._seed))
        by_day = self._draws.setdefault(together, {})
        before, drawn = by_day.get(day, np.empty(0)), random.random(batch.rows)
        candidates = np.flatnonzero(drawn < before[-1]) if before.size == self._size else np.arange(batch.rows)
        draws = np.concatenate([before, drawn[candidates]])
        kept = np.argsort(draws)[: self._size]
        values = self._values.setdefault(day, {})
        for name, numbers in batch.numbers.items():
            values[name] = np.concatenate([values.get(name, np.empty(0)), numbers[candidates]])[kept]
        by_day[day] = draws[kept]

    def rows_by_day(self) -> list[tuple[date, Array, Mapping[str, Array]]]:
        """The sampled rows of each day, with their random numbers, which are the same however features are read."""
        draws = next(iter(self._draws.values()), {})
        return [(day, draws[day], self._values[day]) for day in sorted(draws)]


def values_of_a_day(days: int, features: int) -> int:
    """How many values of a feature are sampled on a day."""
    return max(1, min(MAX_VALUES_OF_A_DAY, MAX_VALUES // max(1, days * features)))


def feature_values(dates: Sequence[date], days: Sequence[Array], holdout_start: date) -> FeatureValues:
    """The finite ones of the values that were sampled on some days."""
    finite = [values[np.isfinite(values)] for values in days]
    return FeatureValues(dates, finite, sum(day < holdout_start for day in dates))


class NameCounts:
    """Rows of each category of a feature, of all days together; beyond a limit the rarest are dropped."""

    def __init__(self) -> None:
        self._counts: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def add(self, day: date, batch: RowBatch) -> None:
        for name, levels in batch.levels.items():
            counts = self._counts[name]
            counts.update({level: rows for level, rows in levels.items() if level is not None})
            if len(counts) > MAX_NAMES:
                self._counts[name] = Counter(dict(counts.most_common(MAX_NAMES // 2)))

    def by_feature(self) -> Mapping[str, Mapping[str, int]]:
        return self._counts


class SharedWatchers:
    """Watchers that several threads tell of what they read, one after the other."""

    def __init__(self, watchers: Sequence[DayWatcher]) -> None:
        self._watchers, self._lock = watchers, Lock()

    def add(self, day: date, batch: RowBatch) -> None:
        with self._lock:
            for watcher in self._watchers:
                watcher.add(day, batch)

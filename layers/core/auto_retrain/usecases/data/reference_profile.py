"""Builds profiles of reference data from a stream of rows, stores them, and counts live rows in their bins."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import Any

import numpy as np
from pydantic import ValidationError

from ...domain.drift import TEXT_RULES, DataProfile, FeatureHistogram, FeatureProfile
from ...domain.errors import ArtifactInvalid
from ...domain.manifest import DataColumns, DataObject
from ...domain.policy.data import DriftPolicy
from ...domain.windows import Window
from ...ports import Ports, RowBatch
from ...statistics.stability import (
    Levels,
    comparable_levels,
    count_levels,
    count_numeric,
    decile_edges,
    reference_levels,
)
from .feature_days import DayWatcher, Runs, StillDays, add_to_all

SAMPLED_ROWS = 100_000
# Beyond this, a column of names or numbers rather than categories would exhaust the memory.
MAX_LEVELS = 20_000
MAX_PROFILE_BYTES = 64 << 20
_SEED = 20_130_101

Array = np.ndarray[Any, Any]
Batches = Callable[[], Iterator[tuple[date, RowBatch]]]


def profile_key(model_name: str, version: str) -> str:
    """The artifact key of a version's profile."""
    return f"profiles/{model_name}/{version}.json"


def keep_job_profile(profile: DataProfile, job_id: str, ports: Ports) -> None:
    """Store the profile of what a job trains on, until it is known whether its version is promoted."""
    ports.data.write(_job_profile_key(job_id), profile.model_dump_json().encode())


def load_job_profile(job_id: str, ports: Ports) -> DataProfile | None:
    """The profile of what a job trained on, or None if it is absent or unreadable."""
    return _load(_job_profile_key(job_id), ports)


def _job_profile_key(job_id: str) -> str:
    return f"jobs/{job_id}/profile.json"


def load_profile(model_name: str, version: str, ports: Ports) -> DataProfile | None:
    """The profile of a version, or None if it is absent or unreadable."""
    return _load(profile_key(model_name, version), ports)


def _load(key: str, ports: Ports) -> DataProfile | None:
    try:
        return DataProfile.model_validate_json(ports.data.read(ports.data.uri(key), MAX_PROFILE_BYTES))
    except (ArtifactInvalid, ValidationError):
        return None


def keep_profile(profile: DataProfile, version: str, ports: Ports) -> str:
    """Store a version's profile and return its URI."""
    return ports.data.write(profile_key(profile.model_name, version), profile.model_dump_json().encode())


def build_profile(
    model_name: str,
    columns: DataColumns,
    drift: DriftPolicy,
    window: Window,
    objects: Sequence[DataObject],
    ports: Ports,
    watchers: Sequence[DayWatcher] = (),
) -> DataProfile:
    """Read the objects twice: once to find the bins, once to count exactly; memory does not grow with the rows.

    Watchers see each row once.

    Raises:
        DataInvalid: an object changed, is unreadable or lacks a feature.
    """
    numeric, categorical = watched(columns, drift)
    batches = _batches(columns, numeric, categorical, objects, ports)
    edges, levels = _bins(numeric, categorical, batches)
    still = StillDays()
    rows, numbers, categories = _count(batches, edges, levels, [still, *watchers])
    features = [
        FeatureProfile(feature=name, kind="numeric", edges=tuple(map(float, edges[name])), counts=tuple(numbers[name]))
        for name in numeric
    ]
    features += [_level_profile(name, levels[name], categories[name]) for name in categorical]
    features = [_with_runs(each, still.runs_of(each.feature)) for each in features]
    return DataProfile(
        text_rules=TEXT_RULES,
        model_name=model_name,
        window=window,
        rows=rows,
        features=tuple(features),
        made_at=ports.clock.now(),
    )


def _with_runs(profile: FeatureProfile, runs: Runs) -> FeatureProfile:
    return profile.changed(still_days=runs.still, empty_days=runs.empty)


def count_live(
    profile: DataProfile,
    columns: DataColumns,
    objects: Sequence[DataObject],
    ports: Ports,
    watchers: Sequence[DayWatcher] = (),
) -> list[FeatureHistogram]:
    """Count live rows in the bins of a profile; watchers see each row once. Raises DataInvalid like `build_profile`."""
    numeric = [each.feature for each in profile.features if each.kind == "numeric"]
    categorical = [each.feature for each in profile.features if each.kind == "categorical"]
    edges = {each.feature: np.array(each.edges) for each in profile.features if each.kind == "numeric"}
    levels = {each.feature: _levels_of(each) for each in profile.features if each.kind == "categorical"}
    still = StillDays()
    batches = _batches(columns, numeric, categorical, objects, ports)
    _, numbers, categories = _count(batches, edges, levels, [still, *watchers])
    counts = numbers | categories
    return [_histogram(each, counts[each.feature], still.runs_of(each.feature)) for each in profile.features]


def _histogram(profile: FeatureProfile, counts: list[int], runs: Runs) -> FeatureHistogram:
    reference, live = profile.counts, tuple(counts)
    if profile.kind == "categorical":
        reference, live = comparable_levels(reference, live)
    is_known = profile.kind == "categorical" and profile.rare is not None
    return FeatureHistogram(
        feature=profile.feature,
        reference=reference,
        live=live,
        unseen=counts[-2] if is_known else None,
        seen_once=profile.seen_once,
        seen_twice=profile.seen_twice,
        stands_still=runs.open_still == runs.days and any(counts[:-1]),
        days=runs.days,
        reference_still_days=profile.still_days,
        reference_empty_days=profile.empty_days,
    )


def watched(columns: DataColumns, drift: DriftPolicy) -> tuple[list[str], list[str]]:
    """Numeric and categorical features that are not ignored."""
    numeric = [name for name in columns.numeric if name not in drift.ignore]
    return numeric, [name for name in columns.categorical if name not in drift.ignore]


def _batches(
    columns: DataColumns,
    numeric: Sequence[str],
    categorical: Sequence[str],
    objects: Sequence[DataObject],
    ports: Ports,
) -> Batches:
    def read() -> Iterator[tuple[date, RowBatch]]:
        for day, objects_of_day in groupby(objects, attrgetter("date")):
            for batch in ports.tables.batches(list(objects_of_day), columns.format, numeric, categorical):
                yield day, batch

    return read


def _bins(
    numeric: Sequence[str], categorical: Sequence[str], batches: Batches
) -> tuple[dict[str, Array], dict[str, Levels]]:
    sample = _RowSample(numeric)
    counts = {name: _LevelCounts() for name in categorical}
    for _, batch in batches():
        sample.add(batch)
        for name in categorical:
            counts[name].add(batch.levels[name], batch.rows)
    edges = {name: decile_edges(sample.values[name]) for name in numeric}
    return edges, {name: reference_levels(each.counts, complete=each.complete) for name, each in counts.items()}


def _count(
    batches: Batches, edges: Mapping[str, Array], levels: Mapping[str, Levels], watchers: Sequence[DayWatcher]
) -> tuple[int, dict[str, list[int]], dict[str, list[int]]]:
    rows = 0
    numbers = {name: np.zeros(bounds.size + 2, dtype=np.int64) for name, bounds in edges.items()}
    categories = {name: np.zeros(len(known.frequent) + 3, dtype=np.int64) for name, known in levels.items()}
    for day, batch in batches():
        add_to_all(watchers, day, batch)
        rows += batch.rows
        for name, bounds in edges.items():
            numbers[name] += count_numeric(batch.numbers[name], bounds)
        for name, known in levels.items():
            categories[name] += count_levels(batch.levels[name], known, batch.rows)
    return rows, _plain(numbers), _plain(categories)


def _plain(counts: Mapping[str, Array]) -> dict[str, list[int]]:
    return {name: [int(count) for count in array] for name, array in counts.items()}


def _level_profile(name: str, levels: Levels, counts: list[int]) -> FeatureProfile:
    rare = None if levels.rare is None else tuple(sorted(levels.rare))
    return FeatureProfile(
        feature=name,
        kind="categorical",
        levels=levels.frequent,
        rare=rare,
        seen_once=levels.once,
        seen_twice=levels.twice,
        counts=tuple(counts),
    )


def _levels_of(profile: FeatureProfile) -> Levels:
    return Levels(profile.levels, None if profile.rare is None else frozenset(profile.rare))


class _RowSample:
    """A uniform sample of the rows of a stream, however it is batched: those with the lowest random numbers."""

    def __init__(self, names: Sequence[str]) -> None:
        self._random = np.random.default_rng(_SEED)
        self._draws = np.empty(0)
        self._highest = np.inf
        self.values: dict[str, Array] = {name: np.empty(0) for name in names}

    def add(self, batch: RowBatch) -> None:
        if not self.values:
            return
        drawn = self._random.random(batch.rows)
        # The longer the stream, the fewer of its rows are candidates.
        candidates = np.flatnonzero(drawn < self._highest)
        draws = np.concatenate([self._draws, drawn[candidates]])
        kept = np.arange(draws.size)
        if draws.size > SAMPLED_ROWS:
            kept = np.sort(np.argpartition(draws, SAMPLED_ROWS)[:SAMPLED_ROWS])
        self._draws = draws[kept]
        if kept.size == SAMPLED_ROWS:
            self._highest = self._draws.max()
        for name, values in self.values.items():
            self.values[name] = np.concatenate([values, batch.numbers[name][candidates]])[kept]


class _LevelCounts:
    """Rows per category of a stream; once there are too many categories, the rarest are dropped."""

    def __init__(self) -> None:
        self.counts: Counter[str | None] = Counter()
        self.complete = True

    def add(self, counts: Mapping[str | None, int], rows: int) -> None:
        self.counts.update(counts)
        self.complete = self.complete and sum(counts.values()) == rows
        if len(self.counts) > MAX_LEVELS:
            self.counts = Counter(dict(self.counts.most_common(MAX_LEVELS // 2)))
            self.complete = False

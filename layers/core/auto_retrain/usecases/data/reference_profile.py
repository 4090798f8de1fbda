"""Profiles of reference data, built from a stream of rows and kept beside a version; live rows in their bins."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import ValidationError

from ...domain.drift import DataProfile, FeatureHistogram, FeatureProfile
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

SAMPLED_ROWS = 100_000
# Beyond this, a column of names or numbers rather than categories would fill the memory.
MOST_LEVELS = 20_000
_SEED = 20_130_101

Array = np.ndarray[Any, Any]
Batches = Callable[[], Iterator[RowBatch]]


def profile_key(model_name: str, version: str) -> str:
    """Where, among the artifacts, the profile of a version is."""
    return f"profiles/{model_name}/{version}.json"


def keep_job_profile(profile: DataProfile, job_id: str, ports: Ports) -> None:
    """Store the profile of what a job trains on, until it is known whether its version is promoted."""
    ports.data.write(_job_profile_key(job_id), profile.model_dump_json().encode())


def load_job_profile(job_id: str, ports: Ports) -> DataProfile | None:
    """The profile of what a job trained on, or None when there is none that can be used."""
    return _load(_job_profile_key(job_id), ports)


def _job_profile_key(job_id: str) -> str:
    return f"jobs/{job_id}/profile.json"


def load_profile(model_name: str, version: str, ports: Ports) -> DataProfile | None:
    """The profile beside a version, or None when there is none that can be used."""
    return _load(profile_key(model_name, version), ports)


def _load(key: str, ports: Ports) -> DataProfile | None:
    try:
        return DataProfile.model_validate_json(ports.data.read(ports.data.uri(key)))
    except (ArtifactInvalid, ValidationError):
        return None


def keep_profile(profile: DataProfile, version: str, ports: Ports) -> str:
    """Store a profile beside its version and give the URI."""
    return ports.data.write(profile_key(profile.model_name, version), profile.model_dump_json().encode())


def build_profile(
    model_name: str,
    columns: DataColumns,
    drift: DriftPolicy,
    window: Window,
    objects: Sequence[DataObject],
    ports: Ports,
) -> DataProfile:
    """Read the objects twice: once to find the bins, once to count exactly; memory does not grow with their rows.

    Raises:
        DataInvalid: an object changed, cannot be read or lacks a feature.
    """
    numeric, categorical = watched(columns, drift)
    batches = _batches(columns, numeric, categorical, objects, ports)
    edges, levels = _bins(numeric, categorical, batches)
    rows, numbers, categories = _count(batches, edges, levels)
    features = [
        FeatureProfile(feature=name, kind="numeric", edges=tuple(map(float, edges[name])), counts=tuple(numbers[name]))
        for name in numeric
    ]
    features += [_level_profile(name, levels[name], categories[name]) for name in categorical]
    return DataProfile(
        model_name=model_name, window=window, rows=rows, features=tuple(features), made_at=ports.clock.now()
    )


def count_live(
    profile: DataProfile, columns: DataColumns, objects: Sequence[DataObject], ports: Ports
) -> list[FeatureHistogram]:
    """Live rows in the bins of a profile; raises DataInvalid like `build_profile`."""
    numeric = [found.feature for found in profile.features if found.kind == "numeric"]
    categorical = [found.feature for found in profile.features if found.kind == "categorical"]
    edges = {found.feature: np.array(found.edges) for found in profile.features if found.kind == "numeric"}
    levels = {found.feature: _levels_of(found) for found in profile.features if found.kind == "categorical"}
    still = _StandsStill()
    batches = _batches(columns, numeric, categorical, objects, ports)
    _, numbers, categories = _count(lambda: still.watch(batches()), edges, levels)
    counts = numbers | categories
    return [_histogram(found, counts[found.feature], still.holds(found.feature)) for found in profile.features]


def _histogram(found: FeatureProfile, counts: list[int], stands_still: bool) -> FeatureHistogram:
    if found.kind == "numeric":
        return FeatureHistogram(
            feature=found.feature, reference=found.counts, live=tuple(counts), stands_still=stands_still
        )
    reference, live = comparable_levels(found.counts, counts)
    return FeatureHistogram(
        feature=found.feature,
        reference=reference,
        live=live,
        unseen=None if found.rare is None else counts[-2],
        seen_once=found.seen_once,
        seen_twice=found.seen_twice,
        stands_still=stands_still,
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
    return lambda: ports.tables.batches(objects, columns.format, numeric, categorical)


def _bins(
    numeric: Sequence[str], categorical: Sequence[str], batches: Batches
) -> tuple[dict[str, Array], dict[str, Levels]]:
    sample = _RowSample(numeric)
    counts = {name: _LevelCounts() for name in categorical}
    for batch in batches():
        sample.add(batch)
        for name in categorical:
            counts[name].add(batch.levels[name], batch.rows)
    edges = {name: decile_edges(sample.values[name]) for name in numeric}
    return edges, {name: reference_levels(found.counts, complete=found.complete) for name, found in counts.items()}


def _count(
    batches: Batches, edges: Mapping[str, Array], levels: Mapping[str, Levels]
) -> tuple[int, dict[str, list[int]], dict[str, list[int]]]:
    rows = 0
    numbers = {name: np.zeros(found.size + 2, dtype=np.int64) for name, found in edges.items()}
    categories = {name: np.zeros(len(found.frequent) + 3, dtype=np.int64) for name, found in levels.items()}
    for batch in batches():
        rows += batch.rows
        for name, found in edges.items():
            numbers[name] += count_numeric(batch.numbers[name], found)
        for name, kept in levels.items():
            categories[name] += count_levels(batch.levels[name], kept, batch.rows)
    return rows, _plain(numbers), _plain(categories)


def _plain(counts: Mapping[str, Array]) -> dict[str, list[int]]:
    return {name: [int(count) for count in found] for name, found in counts.items()}


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


def _levels_of(found: FeatureProfile) -> Levels:
    return Levels(found.levels, None if found.rare is None else frozenset(found.rare))


class _RowSample:
    """Rows drawn evenly from a stream, however it is cut into batches: those with the lowest random numbers."""

    def __init__(self, names: Sequence[str]) -> None:
        self._random = np.random.default_rng(_SEED)
        self._draws = np.empty(0)
        self._highest = np.inf
        self.values: dict[str, Array] = {name: np.empty(0) for name in names}

    def add(self, batch: RowBatch) -> None:
        if not self.values:
            return
        drawn = self._random.random(batch.rows)
        # The longer the stream, the fewer of its rows get so far.
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
    """Rows per category of a stream; once there are too many, the rarest are dropped and it is not complete."""

    def __init__(self) -> None:
        self.counts: Counter[str | None] = Counter()
        self.complete = True

    def add(self, counts: Mapping[str | None, int], rows: int) -> None:
        self.counts.update(counts)
        self.complete = self.complete and sum(counts.values()) == rows
        if len(self.counts) > MOST_LEVELS:
            self.counts = Counter(dict(self.counts.most_common(MOST_LEVELS // 2)))
            self.complete = False


class _StandsStill:
    """Notices, while rows pass by, which features never change; a missing value is no change."""

    def __init__(self) -> None:
        # Once there are two values, it has moved, and nobody needs to look any more.
        self._values: defaultdict[str, set[float | str | None]] = defaultdict(set)

    def holds(self, feature: str) -> bool:
        return len(self._values[feature]) == 1

    def watch(self, batches: Iterator[RowBatch]) -> Iterator[RowBatch]:
        for batch in batches:
            for name, numbers in batch.numbers.items():
                if len(self._values[name]) < 2:
                    known = numbers[~np.isnan(numbers)]
                    self._values[name].update({float(known.min()), float(known.max())} if known.size else ())
            for name, levels in batch.levels.items():
                if len(self._values[name]) < 2:
                    self._values[name].update(levels.keys() - {None})
            yield batch

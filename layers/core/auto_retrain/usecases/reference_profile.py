"""Profiles of reference data, built from a stream of rows and kept beside a version; live rows in their bins."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import ValidationError

from ..domain.data_policy import DriftPolicy
from ..domain.dataset import DataColumns, DataObject
from ..domain.drift import DataProfile, FeatureHistogram, FeatureProfile
from ..domain.errors import ArtifactInvalid
from ..domain.windows import Window
from ..ports import Batch, Ports
from ..statistics.stability import Levels, count_levels, count_numeric, decile_edges, reference_levels

SAMPLED_ROWS = 100_000
# Beyond this, a column of names or numbers rather than categories would fill the memory.
MOST_LEVELS = 50_000
_SEED = 20_130_101

Array = np.ndarray[Any, Any]
Batches = Callable[[], Iterator[Batch]]


def profile_key(model_name: str, version: str) -> str:
    """Where, among the artifacts, the profile of a version is."""
    return f"profiles/{model_name}/{version}.json"


def load_profile(model_name: str, version: str, ports: Ports) -> DataProfile | None:
    """The profile beside a version, or None when there is none that can be used."""
    try:
        return DataProfile.model_validate_json(ports.data.read(ports.data.uri(profile_key(model_name, version))))
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
    return [
        FeatureHistogram(
            feature=found.feature,
            reference=found.counts,
            live=tuple((numbers if found.kind == "numeric" else categories)[found.feature]),
            unseen=None if found.kind == "numeric" or found.rare is None else categories[found.feature][-2],
            stands_still=found.feature in still.values and found.feature not in still.moved,
        )
        for found in profile.features
    ]


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
            counts[name].add(batch.levels[name])
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
            categories[name] += count_levels(batch.levels[name], kept)
    return rows, _plain(numbers), _plain(categories)


def _plain(counts: Mapping[str, Array]) -> dict[str, list[int]]:
    return {name: [int(count) for count in found] for name, found in counts.items()}


def _level_profile(name: str, levels: Levels, counts: list[int]) -> FeatureProfile:
    rare = None if levels.rare is None else tuple(sorted(levels.rare))
    return FeatureProfile(feature=name, kind="categorical", levels=levels.frequent, rare=rare, counts=tuple(counts))


def _levels_of(found: FeatureProfile) -> Levels:
    return Levels(found.levels, None if found.rare is None else frozenset(found.rare))


class _RowSample:
    """Rows drawn evenly from a stream, however it is cut into batches: those with the lowest random numbers."""

    def __init__(self, names: Sequence[str]) -> None:
        self._random = np.random.default_rng(_SEED)
        self._draws = np.empty(0)
        self.values: dict[str, Array] = {name: np.empty(0) for name in names}

    def add(self, batch: Batch) -> None:
        if not self.values:
            return
        draws = np.concatenate([self._draws, self._random.random(batch.rows)])
        kept = np.arange(draws.size)
        if draws.size > SAMPLED_ROWS:
            kept = np.sort(np.argpartition(draws, SAMPLED_ROWS)[:SAMPLED_ROWS])
        self._draws = draws[kept]
        for name, values in self.values.items():
            self.values[name] = np.concatenate([values, batch.numbers[name]])[kept]


class _LevelCounts:
    """Rows per category of a stream; once there are too many, the rarest are dropped and it is not complete."""

    def __init__(self) -> None:
        self.counts: Counter[str | None] = Counter()
        self.complete = True

    def add(self, counts: Mapping[str | None, int]) -> None:
        self.counts.update(counts)
        if len(self.counts) > MOST_LEVELS:
            self.counts = Counter(dict(self.counts.most_common(MOST_LEVELS // 2)))
            self.complete = False


class _StandsStill:
    """Notices, while numbers pass by, which features never change."""

    def __init__(self) -> None:
        self.values: dict[str, float] = {}
        self.moved: set[str] = set()

    def watch(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        for batch in batches:
            for name, numbers in batch.numbers.items():
                if name not in self.moved:
                    self._look(name, numbers[~np.isnan(numbers)])
            yield batch

    def _look(self, name: str, known: Array) -> None:
        if known.size:
            value = self.values.setdefault(name, float(known[0]))
            if (known != value).any():
                self.moved.add(name)

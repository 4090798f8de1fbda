"""Builds profiles of reference data from a stream of rows, stores them, and counts live rows in their bins."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import Any

import numpy as np
from pydantic import ValidationError

from ...domain.drift import TEXT_RULES, DataProfile, DesignEffects, FeatureHistogram, FeatureProfile
from ...domain.errors import ArtifactInvalid
from ...domain.manifest import DataColumns, DataObject
from ...domain.policy.data import DriftPolicy
from ...domain.windows import Window
from ...ports import Ports, RowBatch
from ...statistics.stability import (
    Levels,
    count_levels,
    count_numeric,
    decile_edges,
    reference_levels,
)
from .feature_days import DayWatcher, Runs, StillDays, add_to_all
from .row_sample import EntitySample, RowSample

# Beyond this, a column of names or numbers rather than categories would exhaust the memory.
MAX_LEVELS = 20_000
MAX_PROFILE_BYTES = 64 << 20

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
    edges, levels = _bins(numeric, categorical, _batches(columns, numeric, categorical, objects, ports))
    still = StillDays()
    rows, numbers, categories, effects = _count(columns, objects, edges, levels, ports, [still, *watchers])
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
        features=tuple(each.changed(effects=effects.get(each.feature, DesignEffects())) for each in features),
        made_at=ports.clock.now(),
        entity=columns.entity,
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
    edges = {each.feature: np.array(each.edges) for each in profile.features if each.kind == "numeric"}
    levels = {each.feature: _levels_of(each) for each in profile.features if each.kind == "categorical"}
    still = StillDays()
    _, numbers, categories, effects = _count(columns, objects, edges, levels, ports, [still, *watchers])
    counts = numbers | categories
    histograms = [_histogram(each, counts[each.feature], still.runs_of(each.feature)) for each in profile.features]
    return [each.changed(live_effects=effects.get(each.feature, DesignEffects())) for each in histograms]


def _histogram(profile: FeatureProfile, counts: list[int], runs: Runs) -> FeatureHistogram:
    return FeatureHistogram(
        feature=profile.feature,
        kind=profile.kind,
        reference=profile.counts,
        live=tuple(counts),
        unseen=_unseen(profile, counts),
        seen_once=profile.seen_once,
        seen_twice=profile.seen_twice,
        stands_still=runs.open_still == runs.days and any(counts[:-1]),
        days=runs.days,
        reference_still_days=profile.still_days,
        reference_empty_days=profile.empty_days,
        reference_effects=profile.effects,
    )


def _unseen(profile: FeatureProfile, counts: list[int]) -> int | None:
    if profile.kind == "numeric" or profile.rare is None:
        return None
    # Where no level is counted with the rare ones, only live rows whose level was not counted are among them.
    return counts[-2] if profile.rare or not counts[-3] else None


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
    texts: Sequence[str] = (),
) -> Batches:
    def read() -> Iterator[tuple[date, RowBatch]]:
        for day, objects_of_day in groupby(objects, attrgetter("date")):
            for batch in ports.tables.batches(list(objects_of_day), columns.format, numeric, categorical, texts):
                yield day, batch

    return read


def _bins(
    numeric: Sequence[str], categorical: Sequence[str], batches: Batches
) -> tuple[dict[str, Array], dict[str, Levels]]:
    sample = RowSample()
    counts = {name: _LevelCounts() for name in categorical}
    for _, batch in batches():
        if numeric:
            sample.add(batch.rows, lambda places, numbers=batch.numbers: {n: numbers[n][places] for n in numeric})  # type: ignore[misc]
        for name in categorical:
            counts[name].add(batch.levels[name], batch.rows)
    edges = {name: decile_edges(sample.values.get(name, np.empty(0))) for name in numeric}
    return edges, {name: reference_levels(each.counts, complete=each.complete) for name, each in counts.items()}


def _count(
    columns: DataColumns,
    objects: Sequence[DataObject],
    edges: Mapping[str, Array],
    levels: Mapping[str, Levels],
    ports: Ports,
    watchers: Sequence[DayWatcher],
) -> tuple[int, dict[str, list[int]], dict[str, list[int]], dict[str, DesignEffects]]:
    """All rows, those in each bin of each feature, and what rows of an entity have in common, if there are entities."""
    # Only rows that belong together have to be seen one by one.
    texts = [columns.entity, *levels] if columns.entity else []
    batches = _batches(columns, list(edges), list(levels), objects, ports, texts)
    entities = EntitySample(columns.entity, edges, levels) if columns.entity else None
    if entities:
        watchers = [*watchers, entities]
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
    return rows, _plain(numbers), _plain(categories), entities.effects() if entities else {}


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

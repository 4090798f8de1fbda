"""Merges what the parts of a job's windows show, in whatever order they come, and looks at it as at one piece."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import partial, reduce
from typing import Any

import numpy as np

from ...comparison.holdout import merged_digests
from ...data_checks.evidence import DataEvidence, FeatureValues
from ...domain.data_check import DataSummary, HoldoutDigests
from ...domain.drift import DataProfile, DesignEffects
from ...domain.job import RetrainingJob
from ...domain.manifest import DataColumns, FrozenWindow, Manifest
from ...domain.policy.policy import Policy
from ...ports import Ports, RowBatch, TableReader
from ...statistics.cells import coarser, count_in_bins, edges_of_cells
from ...statistics.id_sample import merge_samples, stable_hashes
from ...statistics.stability import Levels, count_levels, reference_levels
from .entity_sample import MISSING, RARE, UNSEEN, effects_of
from .feature_bins import Bins, Counted, watched
from .feature_days import NameCounts, StillDays, feature_values, values_of_a_day
from .part_features import hashes_of_levels, merged_features
from .part_labels import merged_arrivals, merged_labels
from .part_records import CategoryRows, EntityRows, PartEvidence, WindowPart
from .reference_profile import histograms_of, profile_of
from .repeated_ids import find_repeated

Array = np.ndarray[Any, Any]


def merge_parts(parts: Iterable[PartEvidence], manifest: Manifest) -> PartEvidence:
    """All parts of the windows, of which no more than two are in memory at a time; at least one is needed."""
    return reduce(partial(_merged, values_of_a_day(manifest.days, len(manifest.data.numeric))), parts)


def _merged(size: int, one: PartEvidence, other: PartEvidence) -> PartEvidence:
    return PartEvidence(
        training=_merged_window(size, one.training, other.training),
        holdout=_merged_window(size, one.holdout, other.holdout),
        digests={**one.digests, **other.digests},
    )


def _merged_window(size: int, one: WindowPart, other: WindowPart) -> WindowPart:
    return WindowPart(
        rows=one.rows + other.rows,
        with_id=one.with_id + other.with_id,
        distinct_ids=one.distinct_ids + other.distinct_ids,
        repeated=min(filter(None, (one.repeated, other.repeated)), default=None),
        ids=merge_samples(one.ids, other.ids),
        labels=merged_labels(one.labels, other.labels),
        arrived=merged_arrivals(one.arrived, other.arrived),
        features=merged_features(one.features, other.features, size),
    )


def with_example(merged: WindowPart, window: FrozenWindow, columns: DataColumns, tables: TableReader) -> WindowPart:
    """With an example of ids that only different parts repeat, whose files are read again for it."""
    wanted = merged.ids.ids[merged.ids.parts > 1]
    if merged.repeated is not None or not wanted.size:
        return merged
    return merged._replace(repeated=find_repeated(columns, window.objects, wanted, stable_hashes, tables))


def digests_of(merged: PartEvidence) -> HoldoutDigests:
    """Those of the holdout."""
    return merged_digests([merged.digests[part] for part in sorted(merged.digests)])


def look_at(
    merged: PartEvidence, summary: DataSummary, job: RetrainingJob, manifest: Manifest, policy: Policy, ports: Ports
) -> tuple[DataEvidence, DataProfile]:
    """What is judged, with the features of both windows, and the profile of the training window."""
    training, holdout, columns = merged.training, merged.holdout, manifest.data
    numeric, categorical = watched(columns, policy.drift)
    bins = _bins(training, holdout, numeric, categorical)
    profile = profile_of(
        job.model_name,
        columns,
        job.windows.training,
        bins,
        _counted(training, bins, columns.numeric, columns.categorical),
        ports,
    )
    live = _counted(holdout, bins, columns.numeric, columns.categorical)
    evidence = DataEvidence(
        summary=summary,
        histograms=histograms_of(profile, live),
        values=_values(merged, numeric, manifest),
        labels={label: rows for label, rows in _classes(training, holdout).items() if rows},
        categories=_names(training, holdout, categorical),
        compared_in_parts=max(len(job.variants), 1),
    )
    return evidence, profile


def _classes(training: WindowPart, holdout: WindowPart) -> Mapping[str, int]:
    return merged_labels(training.labels, holdout.labels).classes


def _names(training: WindowPart, holdout: WindowPart, categorical: Iterable[str]) -> Mapping[str, Mapping[str, int]]:
    names = NameCounts()
    for window in (training, holdout):
        levels = {name: _with_missing(window.features.categories[name]) for name in categorical}
        names.add(date.min, RowBatch(rows=window.rows, numbers={}, levels=levels))
    return names.by_feature()


def _values(merged: PartEvidence, numeric: Iterable[str], manifest: Manifest) -> dict[str, FeatureValues]:
    windows = (merged.training, merged.holdout)
    days, values = (np.concatenate([window.features.sample[place] for window in windows], axis=-1) for place in (0, 2))
    dates, starts = np.unique(days, return_index=True)
    by_day = np.split(values, starts[1:], axis=1) if dates.size else []
    known = [date.fromordinal(int(day)) for day in dates]
    places = {name: place for place, name in enumerate(manifest.data.numeric)}
    return {
        name: feature_values(known, [of_day[places[name]] for of_day in by_day], manifest.holdout.start)
        for name in numeric
    }


def _bins(training: WindowPart, holdout: WindowPart, numeric: Iterable[str], categorical: Iterable[str]) -> Bins:
    """Edges where the cells of both windows end, so that counts are exact."""
    edges = {}
    for name in numeric:
        cells = training.features.numbers[name]
        edges[name] = edges_of_cells(coarser(cells, max(cells.shift, holdout.features.numbers[name].shift)))
    levels = {}
    for name in categorical:
        rows = training.features.categories[name]
        levels[name] = reference_levels(_with_missing(rows), complete=rows.complete)
    return Bins(edges, levels)


def _with_missing(rows: CategoryRows) -> dict[str | None, int]:
    counts: dict[str | None, int] = dict(rows.counts.items())
    return counts | {None: rows.missing} if rows.missing else counts


def _counted(window: WindowPart, bins: Bins, numeric: tuple[str, ...], categorical: tuple[str, ...]) -> Counted:
    runs = _runs(window, numeric)
    counts = {name: count_in_bins(window.features.numbers[name], edges) for name, edges in bins.edges.items()}
    for name, levels in bins.levels.items():
        counts[name] = tuple(count_levels(_with_missing(window.features.categories[name]), levels, window.rows))
    effects = _effects(window.features.entities, bins, numeric, categorical) if window.features.entities else {}
    return Counted(
        window.rows,
        counts,
        {name: runs.runs_of(name) for name in counts},
        {name: effects.get(name, DesignEffects()) for name in counts},
    )


def _runs(window: WindowPart, numeric: tuple[str, ...]) -> StillDays:
    """As if all values of a day were its lowest and its highest one."""
    still = StillDays()
    for day, ranges in zip(window.features.days.days, window.features.days.ranges, strict=True):
        of_day = date.fromordinal(int(day))
        levels: dict[str, dict[str | None, int]] = {
            name: dict.fromkeys(few.get(of_day, ()), 1) for name, few in window.features.few_categories.items()
        }
        still.add(of_day, RowBatch(rows=1, numbers=dict(zip(numeric, ranges, strict=True)), levels=levels))
    return still


def _effects(
    sample: EntityRows, bins: Bins, numeric: tuple[str, ...], categorical: tuple[str, ...]
) -> dict[str, DesignEffects]:
    effects = {}
    for name, edges in bins.edges.items():
        values = sample.numbers[numeric.index(name)]
        codes = np.where(np.isnan(values), edges.size + 1, np.searchsorted(edges, values, side="left"))
        effects[name] = effects_of(codes, sample.entities, sample.rows, edges.size + 1)
    for name, levels in bins.levels.items():
        codes = _codes(sample.categories[categorical.index(name)], levels)
        effects[name] = effects_of(codes, sample.entities, sample.rows, None)
    return effects


def _codes(hashes: Array, levels: Levels) -> Array:
    """The places of categories, the rare ones together, by the hashes of their names."""
    known = hashes_of_levels(levels.frequent)
    order = np.argsort(known)
    places = np.minimum(np.searchsorted(known[order], hashes), max(known.size - 1, 0))
    if not known.size:
        return np.where(hashes < 0, MISSING, UNSEEN)
    is_known = known[order][places] == hashes
    codes: Array = np.where(is_known, np.minimum(order[places], RARE), np.where(hashes < 0, MISSING, UNSEEN))
    return codes

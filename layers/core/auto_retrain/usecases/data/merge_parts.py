"""Merges what the parts of a job's windows show, in whatever order they come, and looks at it as at one piece."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import partial, reduce

import numpy as np

from ...comparison.holdout import merged_digests
from ...data_checks.evidence import DataEvidence, FeatureValues
from ...domain.data_check import DataSummary, HoldoutDigests
from ...domain.drift import DataProfile
from ...domain.job import RetrainingJob
from ...domain.manifest import DataColumns, FrozenWindow, Manifest
from ...domain.policy.policy import Policy
from ...ports import Ports, RowBatch, TableReader
from ...statistics.id_sample import merge_samples
from .feature_bins import count_part, find_bins, watched
from .feature_days import NameCounts, feature_values, values_of_a_day
from .level_counts import with_missing
from .part_features import merged_features, merged_samples
from .part_labels import merged_arrivals, merged_labels
from .part_records import PartEvidence, WindowPart
from .reference_profile import histograms_of, profile_of
from .repeated_ids import find_repeated


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
        with_id=one.with_id + other.with_id,
        distinct_ids=one.distinct_ids + other.distinct_ids,
        repeated=min(filter(None, (one.repeated, other.repeated)), default=None),
        ids=merge_samples(one.ids, other.ids),
        labels=merged_labels(one.labels, other.labels),
        arrived=merged_arrivals(one.arrived, other.arrived),
        features=merged_features(one.features, other.features),
        sample=merged_samples(one.sample, other.sample, size),
    )


def with_example(merged: WindowPart, window: FrozenWindow, columns: DataColumns, tables: TableReader) -> WindowPart:
    """With an example of ids that only different parts repeat, whose files are read again for it."""
    wanted = merged.ids.ids[merged.ids.parts > 1]
    if merged.repeated is not None or not wanted.size:
        return merged
    return merged._replace(repeated=find_repeated(columns, window.objects, wanted, tables))


def digests_of(merged: PartEvidence) -> HoldoutDigests:
    """Those of the holdout."""
    return merged_digests([merged.digests[part] for part in sorted(merged.digests)])


def look_at(
    merged: PartEvidence, summary: DataSummary, job: RetrainingJob, manifest: Manifest, policy: Policy, ports: Ports
) -> tuple[DataEvidence, DataProfile]:
    """What is judged, with the features of both windows, and the profile of the training window."""
    training, holdout, columns = merged.training, merged.holdout, manifest.data
    numeric, categorical = watched(columns, policy.drift)
    bins = find_bins(training.features, numeric, categorical, holdout.features)
    counted, live = (
        count_part(window.features, bins, columns.numeric, columns.categorical) for window in (training, holdout)
    )
    profile = profile_of(job.model_name, columns, job.windows.training, bins, counted, ports)
    evidence = DataEvidence(
        summary=summary,
        histograms=histograms_of(profile, live),
        values=_values(merged, numeric, manifest),
        labels={label: rows for label, rows in _classes(training, holdout).items() if rows},
        categories=_names(training, holdout, categorical),
        compared_in_parts=max(len(job.variants), 1) if manifest.parts > 1 else 0,
    )
    return evidence, profile


def _classes(training: WindowPart, holdout: WindowPart) -> Mapping[str, int]:
    return merged_labels(training.labels, holdout.labels).classes


def _names(training: WindowPart, holdout: WindowPart, categorical: Iterable[str]) -> Mapping[str, Mapping[str, int]]:
    names = NameCounts()
    for window in (training, holdout):
        levels = {name: with_missing(window.features.categories[name]) for name in categorical}
        names.add(date.min, RowBatch(rows=window.features.rows, numbers={}, levels=levels))
    return names.by_feature()


def _values(merged: PartEvidence, numeric: Iterable[str], manifest: Manifest) -> dict[str, FeatureValues]:
    windows = (merged.training, merged.holdout)
    days, values = (np.concatenate([window.sample[place] for window in windows], axis=-1) for place in (0, 2))
    dates, starts = np.unique(days, return_index=True)
    by_day = np.split(values, starts[1:], axis=1) if dates.size else []
    known = [date.fromordinal(int(day)) for day in dates]
    places = {name: place for place, name in enumerate(manifest.data.numeric)}
    return {
        name: feature_values(known, [of_day[places[name]] for of_day in by_day], manifest.holdout.start)
        for name in numeric
    }

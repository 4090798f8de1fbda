"""Builds profiles of reference data, and counts live rows in their bins."""

from collections.abc import Sequence

import numpy as np

from ...domain.drift import TEXT_RULES, DataProfile, FeatureHistogram, FeatureProfile
from ...domain.manifest import DataColumns, DataObject
from ...domain.policy.data import DriftPolicy
from ...domain.windows import Window
from ...ports import Ports
from ...statistics.stability import Levels
from .feature_bins import Bins, Counted, count_rows, find_bins
from .feature_days import DayWatcher
from .window_rows import WindowRows


def build_profile(
    model_name: str,
    columns: DataColumns,
    drift: DriftPolicy,
    window: Window,
    objects: Sequence[DataObject],
    ports: Ports,
    watchers: Sequence[DayWatcher] = (),
) -> DataProfile:
    """Find the bins, then count exactly; a window that is not small is read twice. Watchers see each row once.

    Raises:
        DataInvalid: an object changed, is unreadable or lacks a feature.
    """
    rows = WindowRows(columns, objects, ports.tables)
    bins = find_bins(drift, rows)
    counted = count_rows(rows, bins, watchers)
    return profile_of(model_name, columns, window, bins, counted, ports)


def profile_of(
    model_name: str, columns: DataColumns, window: Window, bins: Bins, counted: Counted, ports: Ports
) -> DataProfile:
    """The profile of rows that were counted."""
    return DataProfile(
        text_rules=TEXT_RULES,
        model_name=model_name,
        window=window,
        rows=counted.rows,
        features=tuple(_profile_of(name, bins, counted) for name in counted.counts),
        made_at=ports.clock.now(),
        entity=columns.entity,
    )


def _profile_of(name: str, bins: Bins, counted: Counted) -> FeatureProfile:
    counts, runs = counted.counts[name], counted.runs[name]
    if name in bins.edges:
        edges = tuple(map(float, bins.edges[name]))
        profile = FeatureProfile(feature=name, kind="numeric", edges=edges, counts=counts)
    else:
        profile = _level_profile(name, bins.levels[name], counts)
    return profile.changed(still_days=runs.still, empty_days=runs.empty, effects=counted.effects[name])


def _level_profile(name: str, levels: Levels, counts: tuple[int, ...]) -> FeatureProfile:
    return FeatureProfile(
        feature=name,
        kind="categorical",
        levels=levels.frequent,
        rare=None if levels.rare is None else tuple(sorted(levels.rare)),
        seen_once=levels.once,
        seen_twice=levels.twice,
        counts=counts,
    )


def count_live(
    profile: DataProfile,
    columns: DataColumns,
    objects: Sequence[DataObject],
    ports: Ports,
    watchers: Sequence[DayWatcher] = (),
) -> list[FeatureHistogram]:
    """Count live rows in the bins of a profile; watchers see each row once. Raises DataInvalid like `build_profile`."""
    counted = count_rows(WindowRows(columns, objects, ports.tables), _bins_of(profile), watchers)
    return histograms_of(profile, counted)


def histograms_of(profile: DataProfile, counted: Counted) -> list[FeatureHistogram]:
    """Live rows that were counted in the bins of a profile, beside its own."""
    return [_histogram(each, counted) for each in profile.features]


def _bins_of(profile: DataProfile) -> Bins:
    edges = {each.feature: np.array(each.edges) for each in profile.features if each.kind == "numeric"}
    return Bins(edges, {each.feature: _levels_of(each) for each in profile.features if each.kind == "categorical"})


def _levels_of(profile: FeatureProfile) -> Levels:
    return Levels(profile.levels, None if profile.rare is None else frozenset(profile.rare))


def _histogram(profile: FeatureProfile, counted: Counted) -> FeatureHistogram:
    live, runs = counted.counts[profile.feature], counted.runs[profile.feature]
    return FeatureHistogram(
        feature=profile.feature,
        kind=profile.kind,
        reference=profile.counts,
        live=live,
        unseen=_unseen(profile, live),
        seen_once=profile.seen_once,
        seen_twice=profile.seen_twice,
        stands_still=runs.open_still == runs.days and any(live[:-1]),
        days=runs.days,
        reference_still_days=profile.still_days,
        reference_empty_days=profile.empty_days,
        reference_effects=profile.effects,
        live_effects=counted.effects[profile.feature],
    )


def _unseen(profile: FeatureProfile, live: tuple[int, ...]) -> int | None:
    if profile.kind == "numeric" or profile.rare is None:
        return None
    # Where no level is counted with the rare ones, only live rows whose level was not counted are among them.
    return live[-2] if profile.rare or not live[-3] else None

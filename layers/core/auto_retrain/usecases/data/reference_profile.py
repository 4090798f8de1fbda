"""Builds profiles of reference data, and counts live rows in their bins."""

from collections.abc import Sequence

import numpy as np

from ...domain.drift import TEXT_RULES, DataProfile, FeatureHistogram, FeatureProfile
from ...domain.manifest import DataColumns, DataObject
from ...domain.policy.data import DriftPolicy
from ...domain.windows import Window
from ...ports import Ports
from ...statistics.stability import Levels
from .feature_bins import Bins, Counted, count_live_rows, count_part, find_bins, watched
from .read_features import FeatureReader


def build_profile(
    model_name: str,
    columns: DataColumns,
    drift: DriftPolicy,
    window: Window,
    objects: Sequence[DataObject],
    ports: Ports,
) -> DataProfile:
    """Find the bins and count the rows in them, reading each once.

    Raises:
        DataInvalid: an object changed, is unreadable or lacks a feature.
    """
    features = watched(columns, drift)
    part = FeatureReader(columns, *features, ports.tables).read(objects)
    bins = find_bins(part, *features)
    return profile_of(model_name, columns, window, bins, count_part(part, bins, *features), ports)


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
    profile: DataProfile, columns: DataColumns, objects: Sequence[DataObject], ports: Ports
) -> list[FeatureHistogram]:
    """Count live rows in the bins of a profile; raises DataInvalid like `build_profile`."""
    return histograms_of(profile, count_live_rows(columns, objects, _bins_of(profile), ports.tables))


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

"""Compares versions on a holdout in parts: one part is in memory at a time, and what remains of it are sums."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from ..domain.errors import ArtifactInvalid
from ..domain.metric_kinds import AREAS
from ..statistics.paired import PairedCounts
from ..statistics.parted_units import MergedSample, PartSample
from .families import count_columns, is_of_probabilities
from .merged_version import MergedVersion
from .predictions import Predictions
from .slices import MAX_SLICES_OF_A_COLUMN, values_with
from .survey import PartOfPair, Parts, Survey, survey, unit_hashes
from .version_metrics import LabelRows, counts_of, positive_among
from .version_sums import VersionSums
from .versions import FirstModel, Pair, Terms, ValueRows, Versions

Array = np.ndarray[Any, Any]

# Of slices: those of the best challenger are kept while those of the next one are summed beside a part.
MAX_BYTES_OF_SUMS = 256 << 20


@dataclass(frozen=True)
class MergedPair(Pair):
    """A pair from sums, with what makes the pair of each slice from sums of its own."""

    columns: dict[str, ValueRows] = field(default_factory=dict)
    by_slice: Mapping[tuple[str, str], Callable[[], Versions]] = field(default_factory=dict)

    def slice_rows(self) -> dict[str, ValueRows]:
        return self.columns

    def on_slice(self, column: str, value: str) -> Pair:
        # Made when it is asked for, and not kept: what it draws at random would fill the memory.
        pair = self.by_slice[column, value]()
        assert isinstance(pair, Pair)
        return pair


def merge_parts(parts: Parts, rows: int, terms: Terms, seed: int) -> Versions:
    """Compare the versions of parts that have `rows` rows together, which are read twice.

    Every sum is that of the rows in one piece, and so is every value, except that an area takes scores in one cell for
    ties where very many differ. Groups of rows are other ones, so intervals and p values differ as they do from seed to
    seed.

    Raises ArtifactInvalid if the parts do not fit together, or their sums into the memory.
    """
    known = survey(parts, rows, seed)
    labels = _label_rows(known)
    positive = None
    if known.classes is not None:
        positive = positive_among(known.classes, labels.labels, terms.policy.data.positive_label)
    whole = _Sums(known, positive)
    slices = _slices_of(known, terms, positive)
    add = partial(_add, known=known, whole=whole, slices=slices, metric=terms.policy.primary_metric, seed=seed)
    # No name may keep a part in memory while the next one is read.
    for _ in map(add, parts()):
        pass
    versions = whole.versions(labels, terms, seed)
    if isinstance(versions, FirstModel):
        return versions
    by_slice = {place: partial(sums.versions, labels, terms, seed) for place, sums in slices.items()}
    return MergedPair(versions.challenger, versions.champion, terms, known.slices, by_slice)


def _add(
    part: PartOfPair,
    known: Survey,
    whole: "_Sums",
    slices: dict[tuple[str, str], "_Sums"],
    metric: str,
    seed: int,
) -> None:
    if known.classes is not None:
        part = PartOfPair(*(version.in_classes(known.classes) for version in part.versions))
    hashes = unit_hashes(part.challenger, seed)
    whole.add(part, hashes)
    columns, part = part.challenger.slices, PartOfPair(*(_needed_by(metric, version) for version in part.versions))
    for (column, value), sums in slices.items():
        chosen = np.flatnonzero(columns[column] == value)
        if chosen.size:
            sums.add(PartOfPair(*(version.only(chosen) for version in part.versions)), hashes[chosen])


def _needed_by(metric: str, version: Predictions) -> Predictions:
    """Its answers without texts, and without scores that the metric of slices does not need; copies take long."""
    scores = version.scores if is_of_probabilities(metric) else None
    return replace(version, row_ids=version.labels, entities=None, scores=scores)


def _label_rows(known: Survey) -> LabelRows:
    labels, rows = known.labels
    return LabelRows(labels if known.classes is None else np.searchsorted(known.classes, labels), rows)


def _slices_of(known: Survey, terms: Terms, positive: int | None) -> dict[tuple[str, str], "_Sums"]:
    """Room for the slices that are compared; raises ArtifactInvalid if they cannot be."""
    if known.sampled.champion is None:
        return {}
    needed = terms.policy.validation.min_slice_rows
    places = [
        (column, value)
        for column, found in known.slices.items()
        for value in values_with(found, needed)[:MAX_SLICES_OF_A_COLUMN]
    ]
    metric = terms.policy.primary_metric
    if places and metric in AREAS:
        raise ArtifactInvalid(
            f"slices cannot be compared by '{metric}' in parts; set validation.primary_metric to log_loss or "
            "brier_score, or data.parts: 1"
        )
    _check_size(known, len(places), metric)
    return {place: _Sums(known, positive, metric) for place in places}


def _check_size(known: Survey, slices: int, metric: str) -> None:
    """Raise ArtifactInvalid if the sums of so many slices would take too much memory."""
    classes = 0 if known.classes is None else known.classes.size
    numbers = len(known.sampled.versions) * known.units.n_groups * count_columns(metric, classes)
    size = slices * numbers * 8
    if size > MAX_BYTES_OF_SUMS:
        raise ArtifactInvalid(
            f"the slices take {size >> 20} MB for sums of '{metric}' in parts, of which {MAX_BYTES_OF_SUMS >> 20} MB "
            "may be used; name fewer columns in data.slices, or set data.parts: 1"
        )


class _Sums:
    """Sums of the versions, on all rows or on those of a slice, where `metric` alone is compared."""

    def __init__(self, known: Survey, positive: int | None, metric: str | None = None) -> None:
        self._known, self._positive = known, positive
        samples = zip(known.sampled.versions, known.rare.versions, strict=True)
        self._sums = [VersionSums(of_version, positive, metric) for of_version in samples]
        self._paired = PairedCounts(0, 0, 0, 0)
        self._group_rows = np.zeros(known.units.n_groups, np.int64)
        self._sizes: Array | float = 0.0

    def add(self, part: PartOfPair, hashes: Array) -> None:
        units, n_groups = self._known.units, self._known.units.n_groups
        groups = units.groups_of(hashes)
        sample = PartSample(part.challenger.rows, 0, row_groups=groups, group_count=n_groups)
        for sums, version in zip(self._sums, part.versions, strict=True):
            sums.add(version, sample, self._known.origin)
        if part.champion is not None:
            counts = counts_of(part.challenger, part.champion)
            self._paired = PairedCounts(*map(sum, zip(self._paired, counts, strict=True)))
        self._group_rows += np.bincount(groups, minlength=n_groups)
        if self._known.has_entities:
            self._sizes = self._sizes + units.sizes_of(hashes)

    def versions(self, labels: LabelRows, terms: Terms, seed: int) -> Versions:
        sample, kept = self._sample(seed), self._group_rows > 0
        challenger, *champion = [
            MergedVersion(sums, sampled, self._positive, sample, labels, self._paired, kept)
            for sums, sampled in zip(self._sums, self._known.sampled.versions, strict=True)
        ]
        return Pair(challenger, champion[0], terms) if champion else FirstModel(challenger, terms)

    def _sample(self, seed: int) -> MergedSample:
        known, rows, groups = self._known, int(self._group_rows.sum()), int(np.count_nonzero(self._group_rows))
        # An estimate could be less than what it is of units that have one row each.
        squares = max(float(np.sum(np.square(self._sizes))), float(rows))
        return MergedSample(
            rows,
            seed,
            np.arange(groups) if known.has_entities else None,
            group_count=groups,
            unit_count=known.units.number if known.has_entities else rows,
            effective=rows**2 / squares if known.has_entities and rows else float(rows),
        )

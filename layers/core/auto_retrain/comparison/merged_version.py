"""The metrics of one version whose answers are too many to be held at once, from sums over its parts."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np

from ..domain.metric_kinds import AREAS
from ..statistics.paired import PairedCounts
from ..statistics.parted_units import MergedSample
from ..statistics.ranking import Auc, average_precision_of
from ..statistics.score_levels import area_of_counts, grouped_area, rows_by_cell
from .areas import Areas
from .families import Family, families_from
from .predictions import Predictions
from .version_metrics import LabelRows, Metrics
from .version_sums import Ranked, VersionSums

Array = np.ndarray[Any, Any]


class MergedAreas(Areas):
    """Areas from counts of rows by score, of the positive class or of each that occurs."""

    def __init__(self, ranked: dict[int, Ranked], sample: MergedSample) -> None:
        super().__init__(sample)
        # A class that no row has is in no mean.
        self._ranked = {code: each for code, each in ranked.items() if each.by_cell[0].rows.size}

    @cached_property
    def names(self) -> tuple[str, ...]:
        if not self._ranked or any(not each.by_cell[1].rows.size for each in self._ranked.values()):
            return ()
        return AREAS

    @cached_property
    def roc(self) -> Auc:
        areas = [
            grouped_area(area_of_counts(*rows_by_cell(*each.by_cell)), *each.by_group.astype(float))
            for each in self._ranked.values()
        ]
        return Auc(
            value=float(np.mean([area.value for area in areas])),
            influence=np.mean([area.influence for area in areas], axis=0),
            kinds=min(area.kinds for area in areas),
        )

    @cached_property
    def _average_precisions(self) -> list[float]:
        counted = (rows_by_cell(*each.by_cell) for each in self._ranked.values())
        return [float(average_precision_of(hits, hits + misses)) for hits, misses in counted]

    def _precision_sums(self) -> Iterator[Array]:
        counted = (each.by_group.astype(float) for each in self._ranked.values())
        return (np.hstack([hits, hits + misses]) for hits, misses in counted)


class MergedVersion(Metrics):
    """The same metrics from sums; `kept` are the groups that have rows."""

    def __init__(
        self,
        sums: VersionSums,
        predictions: Predictions,
        positive: int | None,
        sample: MergedSample,
        labels: LabelRows,
        paired: PairedCounts,
        kept: Array,
    ) -> None:
        self.predictions = predictions
        self.sample = sample
        self.positive = positive
        ranked = {
            code: each._replace(by_group=each.by_group[:, kept]) if each.by_group.size else each
            for code, each in sums.ranked.items()
        }
        self.areas = MergedAreas(ranked, sample)
        self._sums = {name: of_family[kept] for name, of_family in sums.families.items()}
        self._confusion, self._labels, self._paired = sums.confusion, labels, paired

    @property
    def rows(self) -> int:
        return self.sample.rows

    def label_rows(self) -> LabelRows:
        return self._labels

    def confusion(self) -> Array:
        assert self._confusion is not None
        return self._confusion

    def _rows_of_positive(self, *, predicted: bool) -> int:
        _, actual, answered = np.split(self._sums["classes"].sum(axis=0), 3)
        return int((answered if predicted else actual)[self.positive])

    def counts_beside(self, champion: Metrics) -> PairedCounts:
        return self._paired

    def _families_of_rows(self) -> list[Family]:
        return families_from(self._sums, self.positive, self.sample)

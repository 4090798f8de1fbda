"""The metrics of one version whose answers are too many to be held at once, from sums over its parts."""

from functools import cached_property
from typing import Any

import numpy as np

from ..domain.metric_kinds import AREAS
from ..statistics.paired import PairedCounts
from ..statistics.parted_units import MergedSample
from ..statistics.ranking import Auc, average_precision_of, average_precision_replicates
from ..statistics.score_levels import area_of_counts, grouped_area, rows_by_cell
from .families import Family, families_from
from .predictions import Predictions
from .version_metrics import LabelRows, Metrics
from .version_sums import Ranked, VersionSums

Array = np.ndarray[Any, Any]


class MergedAreas:
    """Areas from counts of rows by score, of the positive class or of each that occurs."""

    def __init__(self, ranked: dict[int, Ranked], sample: MergedSample) -> None:
        # A class that no row has is in no mean.
        self._ranked = {code: each for code, each in ranked.items() if each.by_cell[0].rows.size}
        self._sample = sample

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

    def value(self, metric: str) -> float:
        return self.roc.value if metric == "roc_auc" else self._precision_recall

    def replicates(self, metric: str) -> Array:
        if metric == "roc_auc":
            replicates: Array = self.roc.value + self._sample.replicates(self.roc.influence[:, None])[:, 0]
            return replicates
        return self._precision_recall_replicates

    @cached_property
    def _precision_recall(self) -> float:
        return float(np.mean([_average_precision(each) for each in self._ranked.values()]))

    @cached_property
    def _precision_recall_replicates(self) -> Array:
        replicates = [self._replicates_of(each) for each in self._ranked.values()]
        means: Array = np.mean(replicates, axis=0)
        return means

    def _replicates_of(self, ranked: Ranked) -> Array:
        hits, misses = ranked.by_group.astype(float)
        return average_precision_replicates(np.hstack([hits, hits + misses]), _average_precision(ranked), self._sample)


def _average_precision(ranked: Ranked) -> float:
    hits, misses = rows_by_cell(*ranked.by_cell)
    return float(average_precision_of(hits, hits + misses))


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

    def cases(self, metric: str) -> int:
        if self.positive is None or metric not in ("precision", "recall", "f1_score"):
            return self.rows
        _, actual, predicted = np.split(self._sums["classes"].sum(axis=0), 3)
        return int((predicted if metric == "precision" else actual)[self.positive])

    def counts_beside(self, champion: Metrics) -> PairedCounts:
        return self._paired

    def _families_of_rows(self) -> list[Family]:
        return families_from(self._sums, self.positive, self.sample)

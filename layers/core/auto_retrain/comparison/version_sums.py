"""What one version answered in all parts of a holdout, as sums by group of rows."""

from typing import Any, NamedTuple

import numpy as np

from ..statistics.classification import confusion_matrix
from ..statistics.parted_units import PartSample
from ..statistics.probabilities import CALIBRATION_BINS
from ..statistics.score_levels import Cells, levels_of
from .areas import AREAS, MAX_RANKED_CLASSES
from .families import sums_of
from .predictions import Predictions

Array = np.ndarray[Any, Any]

# Of each half of the scores: an area is exact to about 0.00001 for one class, and to 0.0002 for one of several.
BITS_OF_ONE_CLASS, BITS_OF_SEVERAL = 14, 10


class Ranked(NamedTuple):
    """Rows of a class and other rows: by group and level of their scores for it, and by cell, best first.

    Shapes (2, groups, levels + 1) and (2, cells).
    """

    levels: Array
    by_group: Array
    by_cell: Array


class VersionSums:
    """Sums over parts that are added one after the other; `sampled` is what score levels are chosen from.

    `metric` restricts them to those of one metric.
    """

    def __init__(self, sampled: Predictions, positive: int | None, levels: int, metric: str | None = None) -> None:
        self.families: dict[str, Array] = {}
        self.confusion: Array | None = None
        self._positive, self._metric = positive, metric
        self.ranked = self._levels(sampled, levels) if metric is None or metric in AREAS else {}
        self._cells = Cells(BITS_OF_ONE_CLASS if len(self.ranked) == 1 else BITS_OF_SEVERAL)

    def add(self, answers: Predictions, sample: PartSample, origin: float) -> None:
        """The rows of one part, with their groups."""
        if self._metric not in AREAS:
            for name, sums in sums_of(answers, self._positive, sample, origin, self._metric).items():
                self.families[name] = self.families[name] + sums if name in self.families else sums
        if answers.classes is not None and self._metric is None:
            counts = confusion_matrix(answers.labels, answers.predictions, answers.classes.size)
            self.confusion = counts if self.confusion is None else self.confusion + counts
        if answers.scores is not None:
            for code in self.ranked:
                self._rank(code, answers.labels == code, answers.scores[:, code], sample)

    def numbers_of_group(self, metric: str, classes: int) -> int:
        """How many numbers a group takes when only one metric is compared."""
        if metric in AREAS:
            return sum(each.levels.size + 1 for each in self.ranked.values())
        return 3 * classes + 3 * CALIBRATION_BINS

    def _levels(self, sampled: Predictions, most: int) -> dict[int, Ranked]:
        scores = sampled.scores
        if scores is None or not 0 < scores.shape[1] <= MAX_RANKED_CLASSES:
            return {}
        codes = range(scores.shape[1]) if self._positive is None else [self._positive]
        levels = {code: levels_of(sampled.labels == code, scores[:, code], most) for code in codes}
        return {code: Ranked(each, np.empty(0), np.empty(0)) for code, each in levels.items()}

    def _rank(self, code: int, of_class: Array, scores: Array, sample: PartSample) -> None:
        levels, by_group, by_cell = self.ranked[code]
        places, cells = np.searchsorted(levels, -scores), self._cells.number - 1 - self._cells.of(scores)
        groups, n_levels = sample.groups, levels.size + 1
        counted, celled = [], []
        for kind in (of_class, ~of_class):
            flat = np.bincount(groups[kind] * n_levels + places[kind], minlength=sample.n_groups * n_levels)
            counted.append(flat.reshape(sample.n_groups, n_levels).astype(np.int32))
            celled.append(np.bincount(cells[kind], minlength=self._cells.number))
        if by_group.size:
            by_group += counted
            by_cell += celled
        else:
            self.ranked[code] = Ranked(levels, np.array(counted), np.array(celled))

"""What one version answered in all parts of a holdout, as sums by group of rows."""

from math import prod
from typing import Any, NamedTuple

import numpy as np

from ..statistics.cells import NO_CELLS, Cells, add_keys
from ..statistics.classification import confusion_matrix
from ..statistics.parted_units import PartSample
from ..statistics.score_levels import ScoreLevels, keys_of, levels_of
from .areas import MAX_RANKED_CLASSES
from .families import sums_of
from .predictions import Predictions

Array = np.ndarray[Any, Any]

# Of each kind of rows: with no more different scores, areas are those of the scores themselves.
MAX_CELLS_OF_ONE_CLASS, MAX_CELLS_OF_SEVERAL = 1 << 18, 1 << 15


class Ranked(NamedTuple):
    """Rows of a class and other rows: by group and level of their scores for it, best first, and by cell.

    The first has shape (2, groups, levels + 1).
    """

    levels: ScoreLevels
    by_group: Array
    by_cell: tuple[Cells, Cells] = (NO_CELLS, NO_CELLS)


class VersionSums:
    """Sums over parts that are added one after the other.

    `samples` are what score levels are chosen from. `metric` restricts the sums to those of one metric, which is no
    area.
    """

    def __init__(self, samples: tuple[Predictions, ...], positive: int | None, metric: str | None = None) -> None:
        self.families: dict[str, Array] = {}
        self.confusion: Array | None = None
        self._positive, self._metric = positive, metric
        self.ranked = self._levels(samples) if metric is None else {}
        self._max_cells = MAX_CELLS_OF_ONE_CLASS if len(self.ranked) == 1 else MAX_CELLS_OF_SEVERAL

    def add(self, answers: Predictions, sample: PartSample, origin: float) -> None:
        """The rows of one part, with their groups."""
        for name, sums in sums_of(answers, self._positive, sample, origin, self._metric).items():
            self.families[name] = self.families[name] + sums if name in self.families else sums
        if answers.classes is not None and self._metric is None:
            counts = confusion_matrix(answers.labels, answers.predictions, answers.classes.size)
            self.confusion = counts if self.confusion is None else self.confusion + counts
        if answers.scores is not None:
            for code in self.ranked:
                self._rank(code, answers.labels == code, answers.scores[:, code], sample)

    def _levels(self, samples: tuple[Predictions, ...]) -> dict[int, Ranked]:
        given = [each.scores for each in samples if each.scores is not None]
        if not given or not 0 < given[0].shape[1] <= MAX_RANKED_CLASSES:
            return {}
        scores, labels = np.concatenate(given), np.concatenate([each.labels for each in samples])
        codes = range(scores.shape[1]) if self._positive is None else [self._positive]
        return {code: Ranked(ScoreLevels(levels_of(labels == code, scores[:, code])), np.empty(0)) for code in codes}

    def _rank(self, code: int, of_class: Array, scores: Array, sample: PartSample) -> None:
        levels, by_group, by_cell = self.ranked[code]
        keys = keys_of(scores)
        lines = sample.groups + sample.n_groups * ~of_class
        shape = (2, sample.n_groups, levels.number)
        flat = np.bincount(lines * levels.number + levels.of(keys), minlength=prod(shape))
        counted = flat.reshape(shape).astype(np.int32)
        of_class_cells, other_cells = by_cell
        celled = (
            add_keys(of_class_cells, keys[of_class], self._max_cells),
            add_keys(other_cells, keys[~of_class], self._max_cells),
        )
        self.ranked[code] = Ranked(levels, by_group + counted if by_group.size else counted, celled)

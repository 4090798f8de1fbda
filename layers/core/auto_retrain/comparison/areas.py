"""Areas under the curves of one version: how well its scores rank the rows of a class above all others."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np

from ..domain.metric_kinds import AREAS
from ..statistics.ranking import (
    Auc,
    average_precision,
    average_precision_replicates,
    average_precision_sums,
    macro_roc_auc,
    roc_auc,
)
from ..statistics.resampling import Sample
from .predictions import Predictions

Array = np.ndarray[Any, Any]

# With more classes, areas are not computed: each class would need its own.
MAX_RANKED_CLASSES = 20


class Areas(ABC):
    """The areas of the positive class, or means over the classes where there is no positive one."""

    def __init__(self, sample: Sample) -> None:
        self._sample = sample

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """None without scores, with very many classes, or where all rows are of one kind."""

    @property
    @abstractmethod
    def roc(self) -> Auc:
        """The area under the ROC curve, with the influence of each unit of the sample on it."""

    @property
    @abstractmethod
    def _average_precisions(self) -> list[float]:
        """The average precision of the positive class, or of each that occurs."""

    @abstractmethod
    def _precision_sums(self) -> Iterator[Array]:
        """Positive and all rows of each of these classes by score level and group, as `average_precision_sums`."""

    def value(self, metric: str) -> float:
        return self.roc.value if metric == "roc_auc" else float(np.mean(self._average_precisions))

    def replicates(self, metric: str) -> Array:
        return self._roc_replicates if metric == "roc_auc" else self._precision_recall_replicates

    @cached_property
    def _roc_replicates(self) -> Array:
        pulls = self._sample.replicates(self._sample.sums(self.roc.influence))[:, 0]
        replicates: Array = self.roc.value + pulls
        return replicates

    @cached_property
    def _precision_recall_replicates(self) -> Array:
        of_classes = zip(self._precision_sums(), self._average_precisions, strict=True)
        replicates = [average_precision_replicates(sums, value, self._sample) for sums, value in of_classes]
        means: Array = np.mean(replicates, axis=0)
        return means


class RowAreas(Areas):
    """The areas of answers that are all at hand."""

    def __init__(self, answers: Predictions, positive: int | None, sample: Sample) -> None:
        super().__init__(sample)
        self._labels, self._positive = answers.labels, positive
        self._scores = np.empty((answers.rows, 0)) if answers.scores is None else answers.scores

    @cached_property
    def names(self) -> tuple[str, ...]:
        if not 0 < self._scores.shape[1] <= MAX_RANKED_CLASSES:
            return ()
        kinds = self._labels if self._positive is None else self._labels == self._positive
        return AREAS if (kinds != kinds[0]).any() else ()

    @cached_property
    def roc(self) -> Auc:
        if self._positive is None:
            return macro_roc_auc(self._labels, self._scores)
        return roc_auc(self._labels == self._positive, self._scores[:, self._positive])

    @cached_property
    def _average_precisions(self) -> list[float]:
        return [average_precision(*one) for one in self._one_against_rest()]

    def _precision_sums(self) -> Iterator[Array]:
        return (average_precision_sums(*one, self._sample) for one in self._one_against_rest())

    def _one_against_rest(self) -> Iterator[tuple[Array, Array]]:
        """Which rows are of a class, and their scores for it: for the positive class, or for each that occurs."""
        codes = np.unique(self._labels) if self._positive is None else [self._positive]
        for code in codes:
            yield self._labels == code, self._scores[:, code]

"""Metrics that are functions of sums over rows, in families that share their sums."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from ..domain.metric_kinds import ROW_METRIC
from ..statistics.classification import class_scores, class_sums
from ..statistics.probabilities import probability_scores, probability_sums
from ..statistics.regression import regression_scores, regression_sums
from ..statistics.resampling import Sample
from .predictions import Predictions

Array = np.ndarray[Any, Any]


class Family:
    """Metrics made of the same sums over rows; their replicates are computed when they are first asked for."""

    def __init__(
        self,
        sums: Array,
        scores: Callable[[Array], dict[str, Array]],
        sample: Sample,
        totals: dict[str, Array],
    ) -> None:
        self._sums, self._scores, self._sample = sums, scores, sample
        self.values = {name: float(value) for name, value in scores(sums.sum(axis=0)).items()}
        # Sums by group that a metric follows: of two versions on the same rows, a larger sum is a larger metric.
        self.totals = totals

    @cached_property
    def replicates(self) -> dict[str, Array]:
        return self._scores(self._sample.replicates(self._sums))


def families_of(answers: Predictions, positive: int | None, sample: Sample) -> list[Family]:
    """The families that a version's answers allow; `positive` is the code of the class that some of them are about."""
    families = []
    if answers.classes is None:
        sums = regression_sums(answers.labels, answers.predictions, sample)
        absolute, squared = sums[:, 1], sums[:, 2]
        totals = {"rmse": squared, "mae": absolute, "r2": -squared}
        families.append(Family(sums, regression_scores, sample, totals))
    else:
        sums = class_sums(answers.labels, answers.predictions, answers.classes.size, sample)
        totals = {"accuracy": sums[:, : answers.classes.size].sum(axis=1)}
        families.append(Family(sums, lambda some: class_scores(some, positive), sample, totals))
    if answers.scores is not None:
        sums = probability_sums(answers.labels, answers.scores, positive, sample)
        families.append(Family(sums, probability_scores, sample, {"log_loss": sums[:, 1], "brier_score": sums[:, 2]}))
    if answers.row_metric is not None:
        sums = sample.sums(np.ones(answers.rows), answers.row_metric)
        totals = {ROW_METRIC: sums[:, 1]}
        families.append(Family(sums, lambda some: {ROW_METRIC: some[..., 1] / some[..., 0]}, sample, totals))
    return families

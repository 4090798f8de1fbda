"""Every metric of one version on the holdout rows, each computed when it is first asked for."""

from collections.abc import Callable
from functools import cached_property
from math import isfinite
from typing import Any

import numpy as np

from ..domain.errors import ArtifactInvalid
from ..domain.metric_kinds import ROW_METRIC
from ..statistics.classification import class_scores, class_sums
from ..statistics.probabilities import probability_scores, probability_sums
from ..statistics.proportions import wilson_interval
from ..statistics.ranking import (
    Auc,
    average_precision,
    average_precision_replicates,
    average_precision_sums,
    macro_roc_auc,
    roc_auc,
)
from ..statistics.regression import regression_scores, regression_sums
from ..statistics.resampling import Sample, percentile_interval
from .predictions import Predictions

Array = np.ndarray[Any, Any]

# With more classes, areas under curves are not computed: each class would need its own.
MOST_RANKED_CLASSES = 20
AREAS = ("roc_auc", "pr_auc")


class Family:
    """Metrics that are made of the same sums over rows; their replicates are computed when they are asked for."""

    def __init__(self, sums: Array, scores: Callable[[Array], dict[str, Array]], sample: Sample) -> None:
        self._sums, self._scores, self._sample = sums, scores, sample
        self.values = {name: float(value) for name, value in scores(sums.sum(axis=0)).items()}

    @cached_property
    def replicates(self) -> dict[str, Array]:
        return self._scores(self._sample.replicates(self._sums))


class Measured:
    """One version's metrics; `positive` is the code of the class that precision, recall and curves are about."""

    def __init__(self, predictions: Predictions, positive_label: str | None, sample: Sample) -> None:
        self.predictions = predictions
        self.sample = sample
        self.positive = _positive_code(predictions, positive_label)

    @cached_property
    def values(self) -> dict[str, float]:
        """Every metric that this version has and that is defined on these rows, but for areas under curves."""
        found = {name: value for family in self._families for name, value in family.values.items()}
        return {name: value for name, value in found.items() if isfinite(value)}

    @property
    def names(self) -> list[str]:
        """The metrics that this version has."""
        return [*self.values, *(AREAS if self.has_areas else ())]

    def value(self, metric: str) -> float | None:
        """None when this version does not give what the metric takes, or when it is not defined on these rows."""
        if metric in AREAS:
            return self._area(metric) if self.has_areas else None
        return self.values.get(metric)

    def replicates(self, metric: str) -> Array:
        """A metric that is there, in the bootstrap's replicates, which are the same draws for every version."""
        if metric == "roc_auc":
            pulls = self.sample.replicates(self.sample.sums(self.auc.influence))[:, 0]
            drawn: Array = self.auc.value + pulls
            return drawn
        if metric == "pr_auc":
            return self._pr_auc_replicates
        return next(family.replicates[metric] for family in self._families if metric in family.values)

    def interval(self, metric: str, confidence: float) -> tuple[float, float] | None:
        """Two-sided interval of a metric.

        That of a share of rows is Wilson's, which knows that 50 right of 50 are no certainty; where rows are not
        independent it is as wide as for the fewer rows that would be (design effect). That of the calibration error is
        the basic bootstrap's, because a resample is always calibrated worse than what it was drawn from.
        """
        value = self.value(metric)
        if value is None:
            return None
        rows = self._rows_of_share(metric)
        if rows is not None:
            return wilson_interval(value, rows / self._design_effect(metric, value, rows), confidence)
        low, high = percentile_interval(self.replicates(metric), confidence)
        if metric == "calibration_error":
            return max(0.0, 2 * value - high), max(0.0, 2 * value - low)
        return low, high

    @cached_property
    def auc(self) -> Auc:
        """The area under the ROC curve, with what each row does to it."""
        labels, scores = self.predictions.labels, self.predictions.scores
        assert scores is not None
        if self.positive is None:
            return macro_roc_auc(labels, scores)
        return roc_auc(labels == self.positive, scores[:, self.positive])

    @property
    def has_areas(self) -> bool:
        """Whether rows can be ranked by scores, and there are rows of both kinds to be ranked."""
        found = self.predictions
        if found.scores is None or found.scores.shape[1] > MOST_RANKED_CLASSES:
            return False
        counted = found.labels == self.positive if self.positive is not None else found.labels
        return bool((counted != counted[0]).any())

    @cached_property
    def _families(self) -> list[Family]:
        # Nothing here may refer to this object itself: a circle would keep a million rows until it is looked for.
        found, sample, positive, families = self.predictions, self.sample, self.positive, []
        if found.classes is None:
            families.append(Family(regression_sums(found.labels, found.predictions, sample), regression_scores, sample))
        else:
            sums = class_sums(found.labels, found.predictions, found.classes.size, sample)
            families.append(Family(sums, lambda some: class_scores(some, positive), sample))
        if found.scores is not None:
            sums = probability_sums(found.labels, found.scores, positive, sample)
            families.append(Family(sums, probability_scores, sample))
        if found.row_metric is not None:
            sums = sample.sums(np.ones(found.rows), found.row_metric)
            families.append(Family(sums, lambda some: {ROW_METRIC: some[..., 1] / some[..., 0]}, sample))
        return families

    def _area(self, metric: str) -> float:
        if metric == "roc_auc":
            return self.auc.value
        return float(np.mean([average_precision(of_class, scores) for of_class, scores in self._one_against_rest()]))

    @cached_property
    def _pr_auc_replicates(self) -> Array:
        sums = (average_precision_sums(*one, self.sample) for one in self._one_against_rest())
        replicates = [average_precision_replicates(self.sample.replicates(some)) for some in sums]
        averages: Array = np.mean(replicates, axis=0)
        return averages

    def _one_against_rest(self) -> list[tuple[Array, Array]]:
        """Which rows are of a class, and their scores for it: for the positive class, or for each that occurs."""
        labels, scores = self.predictions.labels, self.predictions.scores
        assert scores is not None
        codes = np.unique(labels) if self.positive is None else [self.positive]
        return [(labels == code, scores[:, code]) for code in codes]

    def _design_effect(self, metric: str, share: float, rows: int) -> float:
        """How many times wider the variance is than that of independent rows."""
        independent = share * (1 - share) / rows if rows else 0.0
        if self.sample.entities is None or independent == 0:
            return 1.0
        return max(1.0, float(np.var(self.replicates(metric))) / independent)

    def _rows_of_share(self, metric: str) -> int | None:
        """How many rows a metric is a share of; None for one that is not a share of rows."""
        found = self.predictions
        if metric == "accuracy":
            return found.rows
        if self.positive is None or metric not in ("precision", "recall"):
            return None
        counted = found.predictions if metric == "precision" else found.labels
        return int(np.count_nonzero(counted == self.positive))


def _positive_code(predictions: Predictions, positive_label: str | None) -> int | None:
    if predictions.classes is None:
        return None
    classes = [str(name) for name in predictions.classes]
    if positive_label is None:
        return 1 if len(classes) == 2 else None
    if positive_label not in classes:
        raise ArtifactInvalid(f"positive label '{positive_label}' is not among the classes {', '.join(classes)}")
    return classes.index(positive_label)

"""Every metric of one version on the holdout rows, each computed when it is first asked for."""

from abc import ABC, abstractmethod
from functools import cached_property
from math import isfinite
from typing import Any, NamedTuple

import numpy as np

from ..domain.canonical_text import canonical_text
from ..domain.comparison import Interval
from ..domain.errors import ArtifactInvalid
from ..domain.metric_kinds import AREAS
from ..statistics.classification import confusion_matrix
from ..statistics.paired import PairedCounts
from ..statistics.proportions import wilson_interval
from ..statistics.ranking import roc_auc_interval
from ..statistics.resampling import Sample, percentile_interval
from .areas import Areas, RowAreas
from .families import Family, families_of
from .predictions import Predictions

Array = np.ndarray[Any, Any]


class LabelRows(NamedTuple):
    """The labels that occur, in their order, and the rows of each."""

    labels: Array
    rows: Array


class Metrics(ABC):
    """One version's metrics, whatever they are computed from.

    `positive` is the code of the class that precision, recall and curves are about. `predictions` are its answers, or a
    sample of them where they are too many to be held at once.
    """

    predictions: Predictions
    sample: Sample
    positive: int | None
    areas: Areas

    @property
    @abstractmethod
    def rows(self) -> int:
        """How many rows it answered."""

    @abstractmethod
    def label_rows(self) -> LabelRows:
        """How many rows have each label."""

    @abstractmethod
    def confusion(self) -> Array:
        """Rows by actual class (first axis) and predicted class (second axis)."""

    @abstractmethod
    def _rows_of_positive(self, *, predicted: bool) -> int:
        """How many rows were predicted to be of the positive class, or are of it."""

    @abstractmethod
    def counts_beside(self, champion: Any) -> PairedCounts:
        """How many rows both, one or none of the two versions classified right."""

    @abstractmethod
    def _families_of_rows(self) -> list[Family]:
        """The families that its answers allow."""

    def cases(self, metric: str) -> int:
        """How many rows a metric is about: a recall without positive rows is 0, and says nothing."""
        if self.positive is None or metric not in ("precision", "recall", "f1_score"):
            return self.rows
        return self._rows_of_positive(predicted=metric == "precision")

    @property
    def names(self) -> list[str]:
        """The metrics that this version has and that are defined on these rows."""
        return [*self._families, *self.areas.names]

    def has(self, metric: str) -> bool:
        return metric in (self.areas.names if metric in AREAS else self._families)

    def value(self, metric: str) -> float:
        """The value of a metric that this version has."""
        return self.areas.value(metric) if metric in AREAS else self._families[metric].values[metric]

    def replicates(self, metric: str) -> Array:
        """The metric in the bootstrap's replicates, which are the same draws for every version."""
        return self.areas.replicates(metric) if metric in AREAS else self._families[metric].replicates[metric]

    def totals(self, metric: str) -> Array | None:
        """Sums by group that a metric follows, which is a mean over rows; None for one that is not."""
        return None if metric in AREAS else self._families[metric].totals.get(metric)

    def interval(self, metric: str, confidence: float) -> Interval:
        """Two-sided interval of a metric that this version has; NaN at both ends when a replicate is unknown.

        For a share of rows it is Wilson's, which knows that 50 right out of 50 is not certainty; where rows are not
        independent it is as wide as for the fewer rows that would be (design effect). The area under the ROC curve has
        one of its own. For the calibration error it is the basic bootstrap's, because a resample is always calibrated
        worse than the sample it was drawn from.
        """
        if metric == "roc_auc":
            return roc_auc_interval(self.areas.roc, self.sample, confidence)
        value, rows = self.value(metric), self._rows_of_share(metric)
        if rows is not None:
            return wilson_interval(value, rows / self._design_effect(metric, value, rows), confidence)
        low, high = percentile_interval(self.replicates(metric), confidence)
        if metric == "calibration_error":
            return max(0.0, 2 * value - high), max(0.0, 2 * value - low)
        return low, high

    @cached_property
    def _families(self) -> dict[str, Family]:
        """The family that each defined metric belongs to, by the metric's name."""
        families = self._families_of_rows()
        return {name: family for family in families for name, value in family.values.items() if isfinite(value)}

    def _rows_of_share(self, metric: str) -> int | None:
        """How many rows a metric is a share of; None for one that is not a share of rows."""
        is_share = metric == "accuracy" or (self.positive is not None and metric in ("precision", "recall"))
        return self.cases(metric) if is_share else None

    def _design_effect(self, metric: str, share: float, rows: int) -> float:
        """How many times larger the variance is than that of independent rows."""
        independent = share * (1 - share) / rows if rows else 0.0
        if self.sample.entities is None or independent == 0:
            return 1.0
        return max(1.0, float(np.var(self.replicates(metric))) / independent)


class VersionMetrics(Metrics):
    """The metrics of answers that are all at hand."""

    # Nothing that is kept here may refer back to this object: a circle would keep a million rows alive until the
    # garbage collector looks for it.
    def __init__(self, predictions: Predictions, positive: int | None, sample: Sample) -> None:
        self.predictions = predictions
        self.sample = sample
        self.positive = positive
        self.areas = RowAreas(predictions, self.positive, sample)

    @property
    def rows(self) -> int:
        return self.predictions.rows

    def label_rows(self) -> LabelRows:
        return LabelRows(*np.unique(self.predictions.labels, return_counts=True))

    def confusion(self) -> Array:
        answers = self.predictions
        assert answers.classes is not None
        return confusion_matrix(answers.labels, answers.predictions, answers.classes.size)

    def _rows_of_positive(self, *, predicted: bool) -> int:
        counted = self.predictions.predictions if predicted else self.predictions.labels
        return int(np.count_nonzero(counted == self.positive))

    def counts_beside(self, champion: Metrics) -> PairedCounts:
        return counts_of(self.predictions, champion.predictions)

    def _families_of_rows(self) -> list[Family]:
        return families_of(self.predictions, self.positive, self.sample)


def counts_of(challenger: Predictions, champion: Predictions) -> PairedCounts:
    """How many rows both, one or none of two versions classified right."""
    ours, theirs = (version.predictions == version.labels for version in (challenger, champion))
    return PairedCounts(
        both=int((ours & theirs).sum()),
        only_challenger=int((ours & ~theirs).sum()),
        only_champion=int((~ours & theirs).sum()),
        neither=int((~ours & ~theirs).sum()),
    )


def positive_code(predictions: Predictions, positive_label: str | None) -> int | None:
    """The code of the class that some metrics are about: the policy's, or the second of two labels; None for others.

    Raises ArtifactInvalid if the policy's is not among the classes.
    """
    if predictions.classes is None:
        return None
    # The labels decide, not the classes that a model says it knows.
    occurring = np.unique(predictions.labels) if positive_label is None else np.empty(0, int)
    return positive_among(predictions.classes, occurring, positive_label)


def positive_among(classes: Array, occurring: Array, positive_label: str | None) -> int | None:
    """The same, from the names of the classes and the codes of those that are labels of some rows."""
    names = [str(name) for name in classes]
    if positive_label is None:
        if occurring.size == 2:
            return int(occurring[1])
        return 1 if len(names) == 2 else None
    # As it is written first: predictions of an earlier release may be, too.
    for spelling in (positive_label, canonical_text(positive_label)):
        if spelling in names:
            return names.index(spelling)
    raise ArtifactInvalid(f"positive label '{positive_label}' is not among the classes {', '.join(names)}")

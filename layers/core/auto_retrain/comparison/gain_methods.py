"""The gain in one metric, measured in the way that suits the metric and the rows."""

from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from ..domain.comparison import Interval, Method
from ..domain.metric_kinds import MetricKind
from ..domain.policy.validation import ImprovementBasis
from ..statistics.paired import PairedCounts, gain_interval, mcnemar_mid_p, relative_improvement_interval
from ..statistics.ranking import delong_p_value
from ..statistics.resampling import bootstrap_p_value, percentile_interval, sign_flip_p_value
from .gain import Gain, improvement_on
from .version_metrics import Metrics

Array = np.ndarray[Any, Any]


class CountedGain(Gain):
    """The gain in accuracy on independent rows, from counts of the rows that both, one or none classified right."""

    method: ClassVar[Method] = "mcnemar_mid_p"

    @cached_property
    def counts(self) -> PairedCounts:
        return self.challenger.counts_beside(self.champion)

    def interval(self, confidence: float) -> Interval:
        return gain_interval(self.counts, confidence)

    @property
    def p_value(self) -> float:
        return mcnemar_mid_p(self.counts)

    @property
    def p_worse(self) -> float:
        return mcnemar_mid_p(self.counts.of_errors())

    def improvement_interval(self, basis: ImprovementBasis, confidence: float) -> Interval | None:
        if basis == "relative":
            return relative_improvement_interval(self.counts, confidence)
        if basis == "error_reduction":
            # A reduction of the error is a negative improvement in being wrong.
            rise = relative_improvement_interval(self.counts.of_errors(), confidence)
            return (-rise[1], -rise[0]) if rise else None
        return self.interval(confidence)


class DrawnGain(Gain):
    """The gain in any metric, from bootstrap replicates that are the same draws for both versions."""

    method: ClassVar[Method] = "paired_bootstrap"

    @cached_property
    def replicates(self) -> Array:
        # A metric that is not defined on the rows of a replicate gives a NaN, which never counts as a gain.
        with np.errstate(invalid="ignore"):
            gains: Array = self.kind.gain(
                self.challenger.replicates(self.metric), self.champion.replicates(self.metric)
            )
        return gains

    def interval(self, confidence: float) -> Interval:
        return percentile_interval(self.replicates, confidence)

    @property
    def p_value(self) -> float:
        return bootstrap_p_value(self.replicates, self.challenger.sample)

    @property
    def p_worse(self) -> float:
        return bootstrap_p_value(-self.replicates, self.challenger.sample)

    def improvement_interval(self, basis: ImprovementBasis, confidence: float) -> Interval | None:
        challenger, champion = self.challenger.replicates(self.metric), self.champion.replicates(self.metric)
        return percentile_interval(improvement_on(basis, self.kind, challenger, champion), confidence)


class MeanGain(DrawnGain):
    """The gain in a mean over rows, whose p values come from sign flips of what each group adds to it."""

    method: ClassVar[Method] = "sign_flips"

    @property
    def p_value(self) -> float:
        return sign_flip_p_value(self._advantages, self.challenger.sample)

    @property
    def p_worse(self) -> float:
        return sign_flip_p_value(-self._advantages, self.challenger.sample)

    @property
    def _advantages(self) -> Array:
        advantages: Array = self.kind.gain(self.challenger.totals(self.metric), self.champion.totals(self.metric))
        return advantages


class RocAucGain(DrawnGain):
    """The gain in the area under the ROC curve, whose p values are those of DeLong's test."""

    method: ClassVar[Method] = "delong"

    @property
    def p_value(self) -> float:
        return delong_p_value(self.challenger.areas.roc, self.champion.areas.roc, self.challenger.sample)

    @property
    def p_worse(self) -> float:
        return delong_p_value(self.champion.areas.roc, self.challenger.areas.roc, self.challenger.sample)


def gain_in(metric: str, kind: MetricKind, challenger: Metrics, champion: Metrics) -> Gain | None:
    """The gain in one metric; None when one of the versions does not have it, or there is no case of it."""
    if not (challenger.has(metric) and champion.has(metric)):
        return None
    if not challenger.cases(metric) and not champion.cases(metric):
        return None
    return _class_of(metric, challenger)(metric, kind, challenger, champion)


def _class_of(metric: str, challenger: Metrics) -> type[Gain]:
    if metric == "roc_auc":
        return RocAucGain
    # McNemar's test knows nothing of entities.
    if metric == "accuracy" and challenger.sample.entities is None:
        return CountedGain
    return DrawnGain if challenger.totals(metric) is None else MeanGain

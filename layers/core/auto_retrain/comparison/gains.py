"""By how much the challenger is better than the champion in one metric, and whether that may be due to chance."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from ..domain.comparison import Interval, Method
from ..domain.metric_kinds import MetricKind
from ..domain.policy.validation import ImprovementBasis
from ..statistics.paired import PairedCounts, gain_interval, mcnemar_mid_p, relative_improvement_interval
from ..statistics.ranking import delong_p_value
from ..statistics.resampling import bootstrap_p_value, percentile_interval
from .version_metrics import VersionMetrics

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Gain(ABC):
    """A metric that both versions have, in its own unit; gains are positive where the challenger is better."""

    method: ClassVar[Method]

    metric: str
    kind: MetricKind
    challenger: VersionMetrics
    champion: VersionMetrics

    @property
    def challenger_value(self) -> float:
        return self.challenger.value(self.metric)

    @property
    def champion_value(self) -> float:
        return self.champion.value(self.metric)

    @property
    def value(self) -> float:
        return float(self.kind.gain(self.challenger_value, self.champion_value))

    @abstractmethod
    def interval(self, confidence: float) -> Interval:
        """Two-sided interval; NaN at both ends when it is not known."""

    def bound(self, confidence: float) -> float:
        """One-sided lower bound; with a confidence of 0, the gain itself."""
        return self.interval(2 * confidence - 1)[0] if confidence else self.value

    @property
    @abstractmethod
    def p_value(self) -> float:
        """One-sided p value of "the challenger is not better"."""

    @property
    @abstractmethod
    def p_worse(self) -> float:
        """One-sided p value of "the challenger is not worse"."""

    def improvement(self, basis: ImprovementBasis) -> float:
        """The gain on a policy's basis; NaN when it is not defined."""
        challenger, champion = np.array(self.challenger_value), np.array(self.champion_value)
        return float(_improvement(basis, self.kind, challenger, champion))

    @abstractmethod
    def improvement_interval(self, basis: ImprovementBasis, confidence: float) -> Interval | None:
        """Two-sided interval of the improvement; None, or NaN at both ends, when it is not known."""


class CountedGain(Gain):
    """The gain in accuracy on independent rows, from counts of the rows that both, one or none classified right."""

    method: ClassVar[Method] = "mcnemar_mid_p"

    @cached_property
    def counts(self) -> PairedCounts:
        challenger, champion = (
            version.predictions.predictions == version.predictions.labels
            for version in (self.challenger, self.champion)
        )
        return PairedCounts(
            both=int((challenger & champion).sum()),
            only_challenger=int((challenger & ~champion).sum()),
            only_champion=int((~challenger & champion).sum()),
            neither=int((~challenger & ~champion).sum()),
        )

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
        return bootstrap_p_value(self.replicates)

    @property
    def p_worse(self) -> float:
        return bootstrap_p_value(-self.replicates)

    def improvement_interval(self, basis: ImprovementBasis, confidence: float) -> Interval | None:
        challenger, champion = self.challenger.replicates(self.metric), self.champion.replicates(self.metric)
        return percentile_interval(_improvement(basis, self.kind, challenger, champion), confidence)


class RocAucGain(DrawnGain):
    """The gain in the area under the ROC curve, for which DeLong's test is sharper than the bootstrap's."""

    method: ClassVar[Method] = "delong"

    @property
    def p_value(self) -> float:
        return delong_p_value(self.challenger.areas.roc, self.champion.areas.roc, self.challenger.sample)

    @property
    def p_worse(self) -> float:
        return delong_p_value(self.champion.areas.roc, self.challenger.areas.roc, self.challenger.sample)


def gain_in(metric: str, kind: MetricKind, challenger: VersionMetrics, champion: VersionMetrics) -> Gain | None:
    """The gain in one metric; None when one of the versions does not have it."""
    if not (challenger.has(metric) and champion.has(metric)):
        return None
    return _class_of(metric, challenger)(metric, kind, challenger, champion)


def _class_of(metric: str, challenger: VersionMetrics) -> type[Gain]:
    if metric == "roc_auc":
        return RocAucGain
    # McNemar's test knows nothing of entities.
    return CountedGain if metric == "accuracy" and challenger.sample.entities is None else DrawnGain


def _improvement(basis: ImprovementBasis, kind: MetricKind, challenger: Array, champion: Array) -> Array:
    """Gains as shares of the champion's metric or of its error, or as they are; NaN where there is nothing to share."""
    with np.errstate(invalid="ignore"):
        gain = kind.gain(challenger, champion)
    if basis == "relative":
        whole = np.abs(champion)
    elif basis == "error_reduction" and kind.best is not None:
        whole = np.abs(kind.best - champion)
    else:
        whole = np.ones_like(champion)
    improvements: Array = np.divide(gain, whole, out=np.full(np.shape(gain), np.nan), where=whole > 0)
    return improvements

"""What every gain answers: how large it is, how sure that is, and whether it may be due to chance."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..domain.comparison import Interval, Method
from ..domain.metric_kinds import MetricKind
from ..domain.policy.validation import ImprovementBasis
from .version_metrics import Metrics

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Gain(ABC):
    """A metric that both versions have, in its own unit; gains are positive where the challenger is better."""

    method: ClassVar[Method]

    metric: str
    kind: MetricKind
    challenger: Metrics
    champion: Metrics

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
        return float(improvement_on(basis, self.kind, challenger, champion))

    @abstractmethod
    def improvement_interval(self, basis: ImprovementBasis, confidence: float) -> Interval | None:
        """Two-sided interval of the improvement; None, or NaN at both ends, when it is not known."""


def improvement_on(basis: ImprovementBasis, kind: MetricKind, challenger: Array, champion: Array) -> Array:
    """Gains as shares of the champion's metric or of its error, or as they are; NaN as shares of zero."""
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

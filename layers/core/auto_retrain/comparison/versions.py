"""The versions that are compared on the holdout rows: challenger and champion, or a first model on its own."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ..domain.comparison import Interval, MetricResult, share_of_error
from ..domain.policy.policy import Policy
from .gain import Gain
from .gain_methods import gain_in
from .predictions import Predictions
from .rounding import rounded, rounded_if_known, rounded_interval
from .version_metrics import Metrics, VersionMetrics, positive_code

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Terms:
    """The policy by which versions are compared, and how many comparisons share its chance to err.

    `compared` challengers are measured, on rows that are used for the `look`th time, against a champion that is
    compared for the `champion_look`th time.
    """

    policy: Policy
    compared: int = 1
    look: int = 1
    champion_look: int | None = None

    @property
    def interval_confidence(self) -> float:
        """Of two-sided intervals, which hold for all compared challengers together (Bonferroni)."""
        return 1 - 0.05 / self.compared

    @property
    def bound_confidence(self) -> float:
        """Of one-sided bounds: shared by challengers and looks, 0 when the policy wants the point estimate alone."""
        rules = self.policy.validation
        share = share_of_error(rules.error_budget, self.compared, self.look, self.champion_look)
        return 1 - (1 - rules.needed_confidence) * share if rules.needed_confidence else 0.0


class ValueRows(NamedTuple):
    """The values of a column, in their order, and the rows of each."""

    values: Array
    rows: Array


class Results(NamedTuple):
    """Metrics by name, and the primary one's improvement on the policy's basis with its interval."""

    metrics: dict[str, MetricResult]
    improvement: float | None = None
    interval: Interval | None = None


@dataclass(frozen=True)
class FirstModel:
    """A challenger that has no champion to beat."""

    champion: ClassVar[None] = None

    challenger: Metrics
    terms: Terms

    def measure(self, metrics: Iterable[str]) -> Results:
        """The challenger's own value and interval of each metric that it has."""
        return Results({name: self._result(name) for name in metrics if self.challenger.has(name)})

    def _result(self, metric: str) -> MetricResult:
        interval = self.challenger.interval(metric, self.terms.interval_confidence)
        return MetricResult(value=_stored_value(self.challenger, metric), interval=rounded_interval(interval))


@dataclass(frozen=True)
class Pair:
    """Challenger and champion on identical rows."""

    challenger: Metrics
    champion: Metrics
    terms: Terms

    def measure(self, metrics: Iterable[str]) -> Results:
        """Each metric that both versions have, and the improvement when the primary one is among them."""
        gains = {name: gain for name in metrics if (gain := self.gain(name)) is not None}
        results = {name: self._result(gain) for name, gain in gains.items()}
        primary = gains.get(self.terms.policy.primary_metric)
        return Results(results, *self._improvement(primary)) if primary else Results(results)

    def gain(self, metric: str) -> Gain | None:
        """The gain in one metric; None when one of the versions does not have it."""
        return gain_in(metric, self.terms.policy.kind_of(metric), self.challenger, self.champion)

    def slice_rows(self) -> dict[str, ValueRows]:
        """By column, how many rows have each value."""
        columns = self.challenger.predictions.slices.items()
        return {name: ValueRows(*np.unique(values, return_counts=True)) for name, values in columns}

    def on_slice(self, column: str, value: str) -> "Pair":
        """The same pair on the rows with a value."""
        return self.only(self.challenger.predictions.slices[column] == value)

    def only(self, chosen: Array) -> "Pair":
        """The same pair on some of the rows, whose metrics are about the same class, whatever labels they have."""
        challenger, champion = (version.predictions.only(chosen) for version in (self.challenger, self.champion))
        return _pair(challenger, champion, self.challenger.positive, self.terms, self.challenger.sample.seed)

    def _result(self, gain: Gain) -> MetricResult:
        confidence = self.terms.interval_confidence
        return MetricResult(
            value=_stored_value(self.challenger, gain.metric),
            interval=rounded_interval(self.challenger.interval(gain.metric, confidence)),
            champion=rounded(gain.champion_value),
            champion_interval=rounded_interval(self.champion.interval(gain.metric, confidence)),
            gain=rounded(gain.value),
            gain_interval=rounded_interval(gain.interval(confidence)),
            gain_bound=rounded_if_known(gain.bound(self.terms.bound_confidence)),
            p_value=rounded(gain.p_value),
            method=gain.method,
        )

    def _improvement(self, gain: Gain) -> tuple[float | None, Interval | None]:
        basis = self.terms.policy.validation.improvement_basis
        value = gain.improvement(basis)
        if not isfinite(value):
            return None, None
        return rounded(value), rounded_interval(gain.improvement_interval(basis, self.terms.interval_confidence))


Versions = FirstModel | Pair


def first_model_of(challenger: Predictions, terms: Terms, seed: int) -> FirstModel:
    """A challenger without a champion."""
    positive = positive_code(challenger, terms.policy.data.positive_label)
    return FirstModel(VersionMetrics(challenger, positive, challenger.sample(seed)), terms)


def pair_of(challenger: Predictions, champion: Predictions, terms: Terms, seed: int) -> Pair:
    """Two versions on identical rows, for which the bootstrap makes the same draws."""
    return _pair(challenger, champion, positive_code(challenger, terms.policy.data.positive_label), terms, seed)


def _pair(challenger: Predictions, champion: Predictions, positive: int | None, terms: Terms, seed: int) -> Pair:
    sample = challenger.sample(seed)
    return Pair(
        challenger=VersionMetrics(challenger, positive, sample),
        champion=VersionMetrics(champion, positive, sample),
        terms=terms,
    )


def _stored_value(version: Metrics, metric: str) -> float:
    # A share of rows is exact as it is; rounded up, it could reach the floor.
    return version.value(metric) if metric == "accuracy" else rounded(version.value(metric))

"""How likely a challenger as good as hoped for is to pass, by the errors that so many rows leave."""

from collections.abc import Sequence
from math import sqrt
from statistics import median
from typing import NamedTuple

from ...domain.comparison import share_of_error
from ...domain.data_check import Power
from ...domain.metric_kinds import MetricKind, Task
from ...domain.policy.policy import Policy
from ...statistics.power import (
    GainErrors,
    chance_to_reach,
    errors_of_gain,
    errors_of_paired_shares,
    smallest_significant,
)
from .champion_level import ChampionLevel
from .hoped_gain import HopedGain, floor_of
from .past_comparisons import MIN_RATIO, Measured

# Until comparisons show it: the gain varies as much as the metric of one version.
ASSUMED_RATIO = 1.0
# With fewer comparisons, the next one may well vary less than any of them.
ENOUGH_RATIOS = 3
# A share close to 0 or 1 on few rows says little about its variance.
MIN_SHARE_VARIANCE = 0.0025


def champion_error(policy: Policy, level: ChampionLevel, rows: int) -> float | None:
    """The standard error of the champion's metric on the holdout, from that of its newest comparison."""
    newest = level.newest
    if newest.error is None:
        return None
    spread = _spread_of(policy.kind_of(policy.primary_metric), level.now, newest)
    return newest.error * spread * sqrt(newest.rows / rows)


def _spread_of(kind: MetricKind, now: float, then: Measured) -> float:
    """How much more a metric varies as it is now: shares like a proportion, errors in proportion to themselves."""
    if kind.best is None:
        return 1.0
    if kind.task is Task.CLASSIFICATION and kind.higher_is_better:
        return sqrt(_share_variance(now) / _share_variance(then.value))
    return abs(kind.best - now) / abs(kind.best - then.value) if then.value != kind.best else 1.0


def _share_variance(share: float) -> float:
    return max(share * (1 - share), MIN_SHARE_VARIANCE)


class Foresight(NamedTuple):
    """What the gates will ask of a challenger, and how sure `rows` rows can make them."""

    policy: Policy
    level: ChampionLevel
    gain: HopedGain
    champion_error: float
    rows: int
    compared: int
    champion_look: int

    def power(self, ratios: Sequence[float]) -> Power:
        """The chance, by the ratios between the variance of a gain and that of a champion's metric."""
        ratio = median(ratios) if ratios else ASSUMED_RATIO
        chance, as_asked = self._chance(self.gain.hoped, ratio), self._chance(self.gain.asked, ratio)
        at_best = max(chance, self._chance(self.gain.hoped, _smallest(ratios)))
        times = "1 earlier comparison" if len(ratios) == 1 else f"{len(ratios)} earlier comparisons"
        basis = f"judging by {times}" if ratios else "if versions differ as they usually do"
        reason = (
            f"{self.policy.primary_metric} is {self._shown(0)} {self.level.source}; on {self.rows} labelled holdout "
            f"rows{self._shared()} a challenger at {self._shown(self.gain.hoped)} has a chance of {chance:.0%} to be "
            f"promoted, {basis} (at best {at_best:.0%}), and one exactly as good as asked "
            f"({self._shown(self.gain.asked)}) has {as_asked:.0%}"
        )
        return Power(chance=chance, at_best=at_best, as_asked=as_asked, reason=reason)

    def _chance(self, gain: float, ratio: float) -> float:
        errors = self._errors(gain, ratio)
        return min(chance_to_reach(self._bar(errors), gain, errors.actual), self._chance_of_floor(gain))

    def _errors(self, gain: float, ratio: float) -> GainErrors:
        variance = ratio * self.champion_error**2 * self.rows
        if self.policy.primary_metric == "accuracy":
            return errors_of_paired_shares(gain, variance, self.rows)
        return errors_of_gain(variance, self.rows)

    def _bar(self, errors: GainErrors) -> float:
        """The estimated gain that passes, if comparisons share the chance to err as they will."""
        rules = self.policy.validation
        share = share_of_error(rules.error_budget, self.compared, 1, self.champion_look)
        significant = smallest_significant(errors.null, (1 - rules.needed_confidence) * share)
        if rules.improvement_basis == "non_inferior":
            return significant - rules.non_inferiority_margin
        return max(self.gain.needed, significant)

    def _chance_of_floor(self, gain: float) -> float:
        floor, value = floor_of(self.policy), self._value_at(gain)
        if floor is None:
            return 1.0
        is_share = self.policy.primary_metric == "accuracy"
        return chance_to_reach(floor, value, sqrt(max(value * (1 - value), 0.0) / self.rows) if is_share else 0.0)

    def _value_at(self, gain: float) -> float:
        is_higher_better = self.policy.kind_of(self.policy.primary_metric).higher_is_better
        return self.level.now + gain if is_higher_better else self.level.now - gain

    def _shown(self, gain: float) -> str:
        return f"{self._value_at(gain):.4g}"

    def _shared(self) -> str:
        return f" that {self.compared} challengers share" if self.compared > 1 else ""


def _smallest(ratios: Sequence[float]) -> float:
    return min(ratios) if len(ratios) >= ENOUGH_RATIOS else MIN_RATIO

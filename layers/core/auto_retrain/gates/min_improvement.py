"""Refuse a challenger that does not improve enough on the champion."""

from ..domain.comparison import Comparison, MetricResult
from ..domain.metric_kinds import MetricKind
from ..domain.policy.policy import Policy
from ..domain.verdict import Outcome, Verdict
from .margins import judge_margin

CHECK = "min_improvement"
# 0.9 · 1.05 is 0.9450000000000001 in binary; a single row of any real holdout weighs far more than this.
ROUNDING = 1e-12


def judge_min_improvement(policy: Policy, comparison: Comparison) -> list[Verdict]:
    """Met by a gain in the primary metric of at least the minimum on the policy's basis.

    On the basis `non_inferior` it is met when a loss beyond the margin is unlikely. A first model has nothing to
    improve on.
    """
    if not comparison.has_champion:
        return [Verdict(check=CHECK, outcome=Outcome.MET, reason="there is no champion to improve on")]
    found, basis = comparison.judged, policy.validation.improvement_basis
    if found is None or found.champion is None:
        reason = f"{comparison.primary} is not known of both versions"
        return [Verdict(check=CHECK, outcome=Outcome.INCONCLUSIVE, reason=reason)]
    if basis == "non_inferior":
        return [judge_margin(CHECK, comparison.primary, found, policy.validation.non_inferiority_margin, comparison)]
    kind = policy.kind_of(comparison.primary)
    needed = needed_value(policy, kind, found.champion)
    enough = kind.gain(found.value, needed) >= -ROUNDING * max(1.0, abs(needed)) and _is_possible(found.value, kind)
    return [
        Verdict(
            check=CHECK,
            outcome=Outcome.MET if enough else Outcome.UNMET,
            reason=_reason(policy, kind, found, needed, enough),
            value=comparison.improvement,
            limit=policy.validation.min_improvement,
            n=comparison.rows,
            interval=comparison.interval,
        )
    ]


def needed_value(policy: Policy, kind: MetricKind, champion: float) -> float:
    """What the challenger's primary metric has to be, on any basis but `non_inferior`."""
    least, basis = policy.validation.min_improvement, policy.validation.improvement_basis
    if basis == "absolute":
        step = least
    elif basis == "error_reduction" and kind.best is not None:
        step = least * abs(kind.best - champion)
    else:
        step = least * abs(champion)
    return champion + step if kind.higher_is_better else champion - step


def _is_possible(value: float, kind: MetricKind) -> bool:
    """NaN, infinities and what is better than perfect are no values of a metric."""
    return abs(value) != float("inf") and value == value and (kind.best is None or kind.gain(kind.best, value) >= 0)


def _reason(policy: Policy, kind: MetricKind, found: MetricResult, needed: float, enough: bool) -> str:
    name = policy.primary_metric
    asked = _asked(policy, found.champion or 0.0)
    if not _is_possible(needed, kind):
        return f"{asked} cannot be reached: that would be {_article(name)} {name} of {needed:.4f}"
    return f"{name} {found.value:.4f} {'is at least' if enough else 'is not'} {asked} (that is {needed:.4f})"


def _asked(policy: Policy, champion: float) -> str:
    least = policy.validation.min_improvement
    better = "over" if policy.kind_of(policy.primary_metric).higher_is_better else "below"
    if policy.validation.improvement_basis == "absolute":
        return f"{least:g} {better} the champion's {champion:.4f}"
    if policy.validation.improvement_basis == "error_reduction":
        return f"{least:.1%} less error than the champion's {champion:.4f}"
    return f"{least:.1%} {better} the champion's {champion:.4f}"


def _article(name: str) -> str:
    return "an" if name[0] in "aeiou" else "a"

"""Refuse a challenger that does not improve enough on the champion."""

from ..domain.comparison import Comparison, MetricResult
from ..domain.metric_kinds import MetricKind
from ..domain.numbers import shown_number
from ..domain.policy.policy import Policy
from ..domain.verdict import Outcome, Verdict
from .margins import judge_margin

CHECK = "min_improvement"
# 0.9 · 1.05 is 0.9450000000000001 in floating point; one row of any real holdout weighs far more than this.
ROUNDING = 1e-12


def judge_min_improvement(policy: Policy, comparison: Comparison) -> list[Verdict]:
    """Met if the primary metric improves by at least the minimum, on the policy's basis.

    On the basis `non_inferior` it is met if a loss beyond the margin is unlikely. A first model has no champion to
    improve on.
    """
    if not comparison.has_champion:
        return [Verdict(check=CHECK, outcome=Outcome.MET, reason="there is no champion to beat")]
    metric, basis = comparison.judged, policy.validation.improvement_basis
    if metric is None or metric.champion is None:
        reason = f"{comparison.primary} is not known for both versions"
        return [Verdict(check=CHECK, outcome=Outcome.INCONCLUSIVE, reason=reason)]
    if basis == "non_inferior":
        return [judge_margin(CHECK, comparison.primary, metric, policy.validation.non_inferiority_margin, comparison)]
    kind = policy.kind_of(comparison.primary)
    needed = needed_value(policy, kind, metric.champion)
    enough = kind.gain(metric.value, needed) >= -ROUNDING * max(1.0, abs(needed)) and _is_possible(metric.value, kind)
    return [
        Verdict(
            check=CHECK,
            outcome=Outcome.MET if enough else Outcome.UNMET,
            reason=_reason(policy, kind, metric, needed, enough),
            value=comparison.improvement,
            limit=policy.validation.min_improvement,
            n=comparison.rows,
            interval=comparison.interval,
        )
    ]


def needed_value(policy: Policy, kind: MetricKind, champion: float) -> float:
    """The primary metric that the challenger needs, on any basis but `non_inferior`."""
    minimum, basis = policy.validation.min_improvement, policy.validation.improvement_basis
    if basis == "absolute":
        step = minimum
    elif basis == "error_reduction" and kind.best is not None:
        step = minimum * abs(kind.best - champion)
    else:
        step = minimum * abs(champion)
    return champion + step if kind.higher_is_better else champion - step


def what_to_set(policy: Policy, kind: MetricKind, champion: float) -> str:
    """What to change in a policy whose improvement on this champion is beyond perfection."""
    share = policy.validation.min_improvement
    asks = ""
    if kind.best is not None and share <= 1:
        asks = f", which asks for {shown_number(champion + share * (kind.best - champion))},"
    return (
        f"set validation.improvement_basis to error_reduction{asks} or to non_inferior, or lower "
        "validation.min_improvement"
    )


def _is_possible(value: float, kind: MetricKind) -> bool:
    """A metric cannot be NaN, infinite or better than perfect."""
    return abs(value) != float("inf") and value == value and (kind.best is None or kind.gain(kind.best, value) >= 0)


def _reason(policy: Policy, kind: MetricKind, metric: MetricResult, needed: float, enough: bool) -> str:
    name = policy.primary_metric
    goal = _goal(policy, metric.champion or 0.0)
    if not _is_possible(needed, kind):
        beyond = f"{goal} cannot be reached: it would take {_article(name)} {name} of {shown_number(needed)}"
        return f"{beyond}; {what_to_set(policy, kind, metric.champion or 0.0)}"
    verb = "is at least" if enough else "is not"
    return f"{name} {shown_number(metric.value)} {verb} {goal} (needed: {shown_number(needed)})"


def _goal(policy: Policy, champion: float) -> str:
    minimum = policy.validation.min_improvement
    side = "above" if policy.kind_of(policy.primary_metric).higher_is_better else "below"
    if policy.validation.improvement_basis == "absolute":
        return f"{minimum:g} {side} the champion's {shown_number(champion)}"
    if policy.validation.improvement_basis == "error_reduction":
        return f"{minimum:.1%} closer to perfect than the champion's {shown_number(champion)}"
    return f"{minimum:.1%} {side} the champion's {shown_number(champion)}"


def _article(name: str) -> str:
    return "an" if name[0] in "aeiou" else "a"

"""Refuse a challenger that does not improve enough on the champion."""

from ..domain.comparison import Comparison
from ..domain.policy import ValidationPolicy
from ..domain.verdict import Outcome, Verdict

CHECK = "min_improvement"
# 0.9 · 1.05 is 0.9450000000000001 in binary; a single row of any real holdout weighs far more than this.
ROUNDING = 1e-12


def judge_min_improvement(policy: ValidationPolicy, comparison: Comparison) -> Verdict:
    """Met by accuracy >= champion · (1 + minimum); a first model has nothing to improve on."""
    if comparison.champion is None:
        return Verdict(check=CHECK, outcome=Outcome.MET, reason="there is no champion to improve on")
    accuracy, champion = comparison.challenger.accuracy, comparison.champion.accuracy
    needed = champion * (1 + policy.min_improvement)
    enough = needed - ROUNDING <= accuracy <= 1
    return Verdict(
        check=CHECK,
        outcome=Outcome.MET if enough else Outcome.UNMET,
        reason=_reason(policy, champion, accuracy, needed, enough),
        value=comparison.improvement,
        limit=policy.min_improvement,
        n=comparison.rows,
        interval=comparison.interval,
    )


def _reason(policy: ValidationPolicy, champion: float, accuracy: float, needed: float, enough: bool) -> str:
    asked = f"{policy.min_improvement:.1%} over the champion's {champion:.4f}"
    if needed > 1:
        return f"{asked} cannot be reached: that would be an accuracy of {needed:.4f}"
    return f"accuracy {accuracy:.4f} {'is at least' if enough else 'is not'} {asked} (that is {needed:.4f})"

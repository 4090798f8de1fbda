"""Refuse a challenger that knows no more than the most frequent class."""

from ..domain.comparison import Comparison
from ..domain.policy import ValidationPolicy
from ..domain.verdict import Outcome, Verdict

CHECK = "no_information_rate"


def judge_no_information_rate(policy: ValidationPolicy, comparison: Comparison) -> Verdict:
    """Met when accuracy is above the share of the largest class, which a constant answer would reach."""
    accuracy, limit = comparison.challenger.accuracy, comparison.largest_class_share
    above = limit < accuracy <= 1
    word = "beats" if above else "does not beat"
    return Verdict(
        check=CHECK,
        outcome=Outcome.MET if above else Outcome.UNMET,
        reason=f"accuracy {accuracy:.4f} {word} always answering the largest class ({limit:.4f})",
        value=accuracy,
        limit=limit,
        n=comparison.rows,
    )

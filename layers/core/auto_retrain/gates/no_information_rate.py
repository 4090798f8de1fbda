"""Refuse a classifier that knows no more than the most frequent class."""

from ..domain.comparison import Comparison
from ..domain.metric_kinds import Task
from ..domain.policy.policy import Policy
from ..domain.verdict import Outcome, Verdict

CHECK = "no_information_rate"


def judge_no_information_rate(policy: Policy, comparison: Comparison) -> list[Verdict]:
    """Met when accuracy is above the share of the largest class, which a constant answer would reach."""
    if comparison.task is not Task.CLASSIFICATION:
        return []
    found, limit = comparison.metrics.get("accuracy"), comparison.largest_class_share
    if found is None or limit is None:
        return [Verdict(check=CHECK, outcome=Outcome.ERROR, reason="the accuracy is not known")]
    above = limit < found.value <= 1
    word = "beats" if above else "does not beat"
    return [
        Verdict(
            check=CHECK,
            outcome=Outcome.MET if above else Outcome.UNMET,
            reason=f"accuracy {found.value:.4f} {word} always answering the largest class ({limit:.4f})",
            value=found.value,
            limit=limit,
            n=comparison.rows,
        )
    ]

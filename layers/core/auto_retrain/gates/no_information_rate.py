"""Refuse a classifier that is no better than always predicting the largest class."""

from ..domain.comparison import Comparison
from ..domain.metric_kinds import Task
from ..domain.policy.policy import Policy
from ..domain.verdict import Outcome, Verdict

CHECK = "no_information_rate"


def judge_no_information_rate(policy: Policy, comparison: Comparison) -> list[Verdict]:
    """Met if the accuracy is above the share of the largest class, which a constant prediction would reach."""
    if comparison.task is not Task.CLASSIFICATION:
        return []
    metric, limit = comparison.metrics.get("accuracy"), comparison.largest_class_share
    if metric is None or limit is None:
        unknown = "accuracy" if metric is None else "share of the largest class"
        return [Verdict(check=CHECK, outcome=Outcome.ERROR, reason=f"the {unknown} is unknown")]
    above = limit < metric.value <= 1
    verb = "beats" if above else "does not beat"
    return [
        Verdict(
            check=CHECK,
            outcome=Outcome.MET if above else Outcome.UNMET,
            reason=f"accuracy {metric.value:.4f} {verb} always predicting the largest class ({limit:.4f})",
            value=metric.value,
            limit=limit,
            n=comparison.rows,
        )
    ]

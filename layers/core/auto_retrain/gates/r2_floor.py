"""Refuse a regression that explains too little, no matter how it compares."""

from ..domain.comparison import Comparison
from ..domain.metric_kinds import Task
from ..domain.numbers import shown_number
from ..domain.policy.policy import Policy
from ..domain.verdict import Outcome, Verdict

CHECK = "r2_floor"


def judge_r2_floor(policy: Policy, comparison: Comparison) -> list[Verdict]:
    """Met only by an R² in (floor, 1], and only if the labels take more than two values.

    Two values are classes: such a model is a classifier and must reach the accuracy floor, whatever its task is called.
    """
    if comparison.task is not Task.REGRESSION:
        return []
    limit = max(0.0, policy.validation.r2_floor)
    metric = comparison.metrics.get("r2")
    if metric is None or comparison.distinct_labels <= 2:
        values = f"the labels take {comparison.distinct_labels} values; a regression needs more than 2"
        reason = values if comparison.distinct_labels <= 2 else "R² is unknown"
        return [Verdict(check=CHECK, outcome=Outcome.ERROR, reason=reason, limit=limit, n=comparison.rows)]
    above = limit < metric.value <= 1
    baseline = "that of always predicting the mean" if limit == 0 else f"the floor {limit}"
    return [
        Verdict(
            check=CHECK,
            outcome=Outcome.MET if above else Outcome.UNMET,
            reason=f"R² {shown_number(metric.value)} is {'above' if above else 'not above'} {baseline}",
            value=metric.value,
            limit=limit,
            n=comparison.rows,
            interval=metric.interval,
        )
    ]

"""Refuse a regression that explains too little, whatever it is compared with."""

from ..domain.comparison import Comparison
from ..domain.metric_kinds import Task
from ..domain.policy.policy import Policy
from ..domain.verdict import Outcome, Verdict

CHECK = "r2_floor"


def judge_r2_floor(policy: Policy, comparison: Comparison) -> list[Verdict]:
    """Met only by an R² in (floor, 1], and on labels of which there are more than two.

    Two different labels are classes: what tells them apart has to reach the floor of accuracy, under any name.
    """
    if comparison.task is not Task.REGRESSION:
        return []
    limit = max(0.0, policy.validation.r2_floor)
    found = comparison.metrics.get("r2")
    if found is None or comparison.distinct_labels <= 2:
        reason = f"the labels take {comparison.distinct_labels} values, a regression needs more than 2"
        return [Verdict(check=CHECK, outcome=Outcome.ERROR, reason=reason, limit=limit, n=comparison.rows)]
    above = limit < found.value <= 1
    than = "always answering the mean" if limit == 0 else f"the floor {limit}"
    return [
        Verdict(
            check=CHECK,
            outcome=Outcome.MET if above else Outcome.UNMET,
            reason=f"R² {found.value:.4f} is {'above' if above else 'not above'} {than}",
            value=found.value,
            limit=limit,
            n=comparison.rows,
            interval=found.interval,
        )
    ]

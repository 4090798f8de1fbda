"""Refuse a classifier that is not accurate enough, no matter how it compares."""

from ..domain.comparison import Comparison
from ..domain.metric_kinds import Task
from ..domain.policy.policy import Policy
from ..domain.policy.validation import MIN_ACCURACY_FLOOR
from ..domain.verdict import Outcome, Verdict

CHECK = "accuracy_floor"


def judge_accuracy_floor(policy: Policy, comparison: Comparison) -> list[Verdict]:
    """Met only by an accuracy in [floor, 1], which excludes NaN and infinities."""
    if comparison.task is not Task.CLASSIFICATION:
        return []
    # The minimum is enforced here again on purpose: no policy object can get below it, however it was made.
    limit = max(MIN_ACCURACY_FLOOR, policy.validation.accuracy_floor)
    metric = comparison.metrics.get("accuracy")
    if metric is None:
        return [Verdict(check=CHECK, outcome=Outcome.ERROR, reason="the accuracy is unknown", limit=limit)]
    accuracy, lower = metric.value, metric.interval[0] if metric.interval else None
    above = limit <= accuracy <= 1
    outcome = Outcome.MET if above else Outcome.UNMET
    reason = f"accuracy {accuracy:.4f} {'reaches' if above else 'does not reach'} the floor {limit}"
    if above and policy.validation.strict_floor and (lower is None or not lower >= limit):
        outcome = Outcome.INCONCLUSIVE
        but = "how uncertain it is, is unknown" if lower is None else f"its lower bound {lower:.4f} does not"
        reason = f"{reason}, but {but}"
    return [
        Verdict(
            check=CHECK,
            outcome=outcome,
            reason=reason,
            value=accuracy,
            limit=limit,
            n=comparison.rows,
            interval=metric.interval,
        )
    ]

"""Refuse a classifier that is not accurate enough, whatever it is compared with."""

from ..domain.comparison import Comparison
from ..domain.metric_kinds import Task
from ..domain.policy.policy import Policy
from ..domain.policy.validation import LOWEST_ACCURACY_FLOOR
from ..domain.verdict import Outcome, Verdict

CHECK = "accuracy_floor"


def judge_accuracy_floor(policy: Policy, comparison: Comparison) -> list[Verdict]:
    """Met only by an accuracy in [floor, 1]; NaN and infinities are not in there."""
    if comparison.task is not Task.CLASSIFICATION:
        return []
    # The lowest floor is repeated here on purpose: no policy object, however it was made, gets below it.
    limit = max(LOWEST_ACCURACY_FLOOR, policy.validation.accuracy_floor)
    found = comparison.metrics.get("accuracy")
    if found is None:
        return [Verdict(check=CHECK, outcome=Outcome.ERROR, reason="the accuracy is not known", limit=limit)]
    accuracy, lower = found.value, found.interval[0] if found.interval else None
    above = limit <= accuracy <= 1
    outcome = Outcome.MET if above else Outcome.UNMET
    reason = f"accuracy {accuracy:.4f} {'reaches' if above else 'does not reach'} the floor {limit}"
    if above and policy.validation.strict_floor and (lower is None or not lower >= limit):
        outcome = Outcome.INCONCLUSIVE
        reason = f"accuracy {accuracy:.4f} reaches the floor {limit}, its lower bound {lower or 0:.4f} does not"
    return [
        Verdict(
            check=CHECK,
            outcome=outcome,
            reason=reason,
            value=accuracy,
            limit=limit,
            n=comparison.rows,
            interval=found.interval,
        )
    ]

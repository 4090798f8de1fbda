"""Refuse a challenger that is not accurate enough, whatever it is compared with."""

from ..domain.comparison import Comparison
from ..domain.policy import LOWEST_ACCURACY_FLOOR, ValidationPolicy
from ..domain.verdict import Outcome, Verdict

CHECK = "accuracy_floor"


def judge_accuracy_floor(policy: ValidationPolicy, comparison: Comparison) -> Verdict:
    """Met only by an accuracy in [floor, 1]; NaN and infinities are not in there."""
    # The lowest floor is repeated here on purpose: no policy object, however it was made, gets below it.
    limit = max(LOWEST_ACCURACY_FLOOR, policy.accuracy_floor)
    accuracy = comparison.challenger.accuracy
    above = limit <= accuracy <= 1
    word = "reaches" if above else "does not reach"
    return Verdict(
        check=CHECK,
        outcome=Outcome.MET if above else Outcome.UNMET,
        reason=f"accuracy {accuracy:.4f} {word} the floor {limit}",
        value=accuracy,
        limit=limit,
        n=comparison.rows,
    )

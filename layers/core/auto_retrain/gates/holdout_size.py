"""Refuse to decide on too few rows."""

from ..domain.comparison import Comparison
from ..domain.policy.policy import Policy
from ..domain.verdict import Outcome, Verdict

CHECK = "holdout_size"


def judge_holdout_size(policy: Policy, comparison: Comparison) -> list[Verdict]:
    """Met with enough rows in total, enough of the rarest class, and enough entities; otherwise inconclusive."""
    rules, rows = policy.validation, comparison.rows
    needs = [
        (rows, rules.min_holdout_rows, "holdout rows"),
        (comparison.rarest_class_rows, rules.min_class_rows, "holdout rows of the rarest class"),
        (comparison.entities, rules.min_entities, "entities among the holdout rows"),
    ]
    for number, needed, unit in needs:
        if number is not None and number < needed:
            reason = f"{number} {unit} ({needed} needed)"
            return [Verdict(check=CHECK, outcome=Outcome.INCONCLUSIVE, reason=reason, n=rows)]
    return [Verdict(check=CHECK, outcome=Outcome.MET, reason=f"{rows} holdout rows", n=rows)]

"""Refuse to decide on too few rows."""

from ..domain.comparison import Comparison
from ..domain.policy.policy import Policy
from ..domain.verdict import Outcome, Verdict

CHECK = "holdout_size"


def judge_holdout_size(policy: Policy, comparison: Comparison) -> list[Verdict]:
    """Met with enough rows in all, of the rarest class, and of different entities; inconclusive otherwise."""
    rules, rows = policy.validation, comparison.rows
    needs = [
        (rows, rules.min_holdout_rows, "holdout rows"),
        (comparison.rarest_class_rows, rules.min_class_rows, "holdout rows of the rarest class"),
        (comparison.entities, rules.min_entities, "entities among the holdout rows"),
    ]
    for found, needed, what in needs:
        if found is not None and found < needed:
            reason = f"{found} {what}, {needed} are needed"
            return [Verdict(check=CHECK, outcome=Outcome.INCONCLUSIVE, reason=reason, n=rows)]
    return [Verdict(check=CHECK, outcome=Outcome.MET, reason=f"{rows} holdout rows", n=rows)]

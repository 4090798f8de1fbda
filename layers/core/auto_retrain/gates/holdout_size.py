"""Refuse to decide on too few rows."""

from ..domain.comparison import Comparison
from ..domain.policy import ValidationPolicy
from ..domain.verdict import Outcome, Verdict

CHECK = "holdout_size"


def judge_holdout_size(policy: ValidationPolicy, comparison: Comparison) -> Verdict:
    """Met with enough rows in all and of the rarest class; inconclusive otherwise."""
    rows, rarest = comparison.rows, comparison.rarest_class_rows
    if rows < policy.min_holdout_rows:
        reason = f"{rows} holdout rows, {policy.min_holdout_rows} are needed"
        return Verdict(check=CHECK, outcome=Outcome.INCONCLUSIVE, reason=reason, n=rows)
    if rarest < policy.min_class_rows:
        reason = f"{rarest} holdout rows of the rarest class, {policy.min_class_rows} are needed"
        return Verdict(check=CHECK, outcome=Outcome.INCONCLUSIVE, reason=reason, n=rows)
    return Verdict(check=CHECK, outcome=Outcome.MET, reason=f"{rows} holdout rows", n=rows)

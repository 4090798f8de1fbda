"""Refuse to decide while many labels are still to come: those that came early may not be like the others."""

from ..domain.comparison import Comparison
from ..domain.policy.policy import Policy
from ..domain.verdict import Outcome, Verdict

CHECK = "label_maturity"


def judge_label_maturity(policy: Policy, comparison: Comparison) -> list[Verdict]:
    """Met when enough of the holdout rows have their label; inconclusive otherwise."""
    share, needed = comparison.label_share, policy.data.min_label_share
    outcome = Outcome.MET if share >= needed else Outcome.INCONCLUSIVE
    reason = f"{share:.1%} of the holdout rows have a label, {needed:.1%} are needed"
    return [Verdict(check=CHECK, outcome=outcome, reason=reason, value=share, limit=needed, n=comparison.rows)]

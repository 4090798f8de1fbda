"""Refuse to decide while many labels are missing: those that arrive early may differ from the rest."""

from ..domain.comparison import Comparison
from ..domain.policy.policy import Policy
from ..domain.verdict import Outcome, Verdict

CHECK = "label_maturity"


def judge_label_maturity(policy: Policy, comparison: Comparison) -> list[Verdict]:
    """Met if enough holdout rows have a label; otherwise inconclusive."""
    share, needed = comparison.label_share, policy.data.min_label_share
    outcome = Outcome.MET if share >= needed else Outcome.INCONCLUSIVE
    reason = f"{share:.1%} of the holdout rows have a label ({needed:.1%} needed)"
    return [Verdict(check=CHECK, outcome=outcome, reason=reason, value=share, limit=needed, n=comparison.rows)]

"""Refuse to believe in a gain that may be chance."""

from ..domain.comparison import Comparison
from ..domain.policy import ValidationPolicy
from ..domain.verdict import Outcome, Verdict

CHECK = "paired_evidence"


def judge_paired_evidence(policy: ValidationPolicy, comparison: Comparison) -> Verdict:
    """Met when the one-sided mid-p McNemar test of "not better" is significant; confidence 0 turns it off."""
    if comparison.champion is None:
        return Verdict(check=CHECK, outcome=Outcome.MET, reason="there is no champion to compare with")
    if comparison.p_value is None:
        return Verdict(check=CHECK, outcome=Outcome.INCONCLUSIVE, reason="the models could not be compared")
    limit, p_value = 1 - policy.confidence, comparison.p_value
    believed = p_value <= limit
    word = "is unlikely to be chance" if believed else "may be chance"
    return Verdict(
        check=CHECK,
        outcome=Outcome.MET if believed else Outcome.INCONCLUSIVE,
        reason=f"that the challenger is better {word} (p = {p_value:.3g}, limit {limit:.3g})",
        value=p_value,
        limit=limit,
        n=comparison.rows,
        p_value=p_value,
    )

"""Refuse to believe in a gain that may be chance."""

from ..domain.comparison import Comparison
from ..domain.policy import ValidationPolicy
from ..domain.verdict import Outcome, Verdict

CHECK = "paired_evidence"


def judge_paired_evidence(policy: ValidationPolicy, comparison: Comparison) -> Verdict:
    """Met when the one-sided mid-p McNemar test of "not better" is significant; confidence 0 turns it off.

    The best of k challengers looks better than it is, so each may err only with a k-th of the probability: then all of
    them together err no more often than one (Bonferroni). Source: O. J. Dunn, "Multiple comparisons among means",
    JASA 56 (1961).
    """
    if comparison.champion is None:
        return Verdict(check=CHECK, outcome=Outcome.MET, reason="there is no champion to compare with")
    if comparison.p_value is None:
        return Verdict(check=CHECK, outcome=Outcome.INCONCLUSIVE, reason="the models could not be compared")
    p_value = comparison.p_value
    limit = (1 - policy.confidence) / comparison.compared if policy.confidence else 1.0
    shared = f", shared by {comparison.compared} challengers" if comparison.compared > 1 else ""
    believed = p_value <= limit
    word = "is unlikely to be chance" if believed else "may be chance"
    return Verdict(
        check=CHECK,
        outcome=Outcome.MET if believed else Outcome.INCONCLUSIVE,
        reason=f"that the challenger is better {word} (p = {p_value:.3g}, limit {limit:.3g}{shared})",
        value=p_value,
        limit=limit,
        n=comparison.rows,
        p_value=p_value,
    )

"""Refuse to believe in a gain that may be chance."""

from ..domain.comparison import Comparison
from ..domain.policy.policy import Policy
from ..domain.verdict import Outcome, Verdict

CHECK = "paired_evidence"


def judge_paired_evidence(policy: Policy, comparison: Comparison) -> list[Verdict]:
    """Met when the one-sided paired test of "not better" is significant; confidence 0 turns it off.

    The best of k challengers looks better than it is, so each may err only with a k-th of the probability: then all of
    them together err no more often than one (Bonferroni); and so does each further look at the same rows. Source:
    O. J. Dunn, "Multiple comparisons among means", JASA 56 (1961).
    """
    confidence = policy.validation.needed_confidence
    if not comparison.has_champion:
        return [Verdict(check=CHECK, outcome=Outcome.MET, reason="there is no champion to compare with")]
    if policy.validation.improvement_basis == "non_inferior":
        return [Verdict(check=CHECK, outcome=Outcome.MET, reason="it does not have to be better")]
    found = comparison.judged
    if found is None or found.p_value is None:
        return [Verdict(check=CHECK, outcome=Outcome.INCONCLUSIVE, reason="the models could not be compared")]
    limit = (1 - confidence) / (comparison.compared * comparison.look) if confidence else 1.0
    believed = found.p_value <= limit
    word = "is unlikely to be chance" if believed else "may be chance"
    numbers = f"p = {found.p_value:.3g}, limit {limit:.3g}{_shared(comparison)}"
    return [
        Verdict(
            check=CHECK,
            outcome=Outcome.MET if believed else Outcome.INCONCLUSIVE,
            reason=f"that the challenger is better {word} ({numbers})",
            value=found.p_value,
            limit=limit,
            n=comparison.rows,
            p_value=found.p_value,
        )
    ]


def _shared(comparison: Comparison) -> str:
    challengers = f", shared by {comparison.compared} challengers" if comparison.compared > 1 else ""
    looks = f", comparison number {comparison.look} on these rows" if comparison.look > 1 else ""
    return challengers + looks

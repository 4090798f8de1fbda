"""Refuse to believe a gain that may be due to chance."""

from ..domain.comparison import Comparison
from ..domain.policy.policy import Policy
from ..domain.verdict import Outcome, Verdict

CHECK = "paired_evidence"


def judge_paired_evidence(policy: Policy, comparison: Comparison) -> list[Verdict]:
    """Met if the one-sided paired test of "not better" is significant; confidence 0 turns it off.

    The best of k challengers looks better than it is, so each gets a k-th of the error probability, and all together
    err no more often than one would (Bonferroni). Repeated comparisons on the same rows share it likewise.
    Source: O. J. Dunn, "Multiple comparisons among means", JASA 56 (1961).
    """
    confidence = policy.validation.needed_confidence
    if not comparison.has_champion:
        return [Verdict(check=CHECK, outcome=Outcome.MET, reason="there is no champion to compare with")]
    if policy.validation.improvement_basis == "non_inferior":
        return [Verdict(check=CHECK, outcome=Outcome.MET, reason="the challenger does not have to be better")]
    metric = comparison.judged
    if metric is None or metric.p_value is None:
        return [Verdict(check=CHECK, outcome=Outcome.INCONCLUSIVE, reason="the versions could not be compared")]
    limit = (1 - confidence) / (comparison.compared * comparison.look) if confidence else 1.0
    is_significant = metric.p_value <= limit
    return [
        Verdict(
            check=CHECK,
            outcome=Outcome.MET if is_significant else Outcome.INCONCLUSIVE,
            reason=_reason(metric.p_value, limit, comparison),
            value=metric.p_value,
            limit=limit,
            n=comparison.rows,
            p_value=metric.p_value,
        )
    ]


def _reason(p_value: float, limit: float, comparison: Comparison) -> str:
    if limit == 1:
        return f"the policy requires no evidence that the advantage is not due to chance (p = {p_value:.3g})"
    claim = "is unlikely to be due to chance" if p_value <= limit else "may be due to chance"
    return f"the challenger's advantage {claim} (p = {p_value:.3g}, limit {limit:.3g}{_shared(comparison)})"


def _shared(comparison: Comparison) -> str:
    challengers = f", shared by {comparison.compared} challengers" if comparison.compared > 1 else ""
    repeats = f", comparison number {comparison.look} on these rows" if comparison.look > 1 else ""
    return challengers + repeats

"""Refuse to believe a gain that may be due to chance."""

from ..domain.comparison import Comparison, ErrorBudget, share_of_error
from ..domain.numbers import stated_p_value
from ..domain.policy.policy import Policy
from ..domain.verdict import Outcome, Verdict

CHECK = "paired_evidence"


def judge_paired_evidence(policy: Policy, comparison: Comparison) -> list[Verdict]:
    """Met if the one-sided paired test of "not better" is significant; confidence 0 turns it off.

    The best of k challengers looks better than it is, so each gets a k-th of the error probability, and all together
    err no more often than one would (Bonferroni). Repeated comparisons on the same rows share it likewise, and those
    with the same champion where the policy says so.
    Source: O. J. Dunn, "Multiple comparisons among means", JASA 56 (1961).
    """
    confidence = policy.validation.needed_confidence
    if not comparison.has_champion:
        return [Verdict(check=CHECK, outcome=Outcome.MET, reason="there is no champion to beat")]
    if policy.validation.improvement_basis == "non_inferior":
        return [Verdict(check=CHECK, outcome=Outcome.MET, reason="the challenger does not have to be better")]
    metric = comparison.judged
    if metric is None or metric.p_value is None:
        return [Verdict(check=CHECK, outcome=Outcome.INCONCLUSIVE, reason="the versions could not be compared")]
    budget = policy.validation.error_budget
    share = share_of_error(budget, comparison.compared, comparison.look, comparison.champion_look)
    limit = (1 - confidence) * share if confidence else 1.0
    is_significant = metric.p_value <= limit
    return [
        Verdict(
            check=CHECK,
            outcome=Outcome.MET if is_significant else Outcome.INCONCLUSIVE,
            reason=_reason(metric.p_value, limit, budget, comparison),
            value=metric.p_value,
            limit=limit,
            n=comparison.rows,
            p_value=metric.p_value,
        )
    ]


def _reason(p_value: float, limit: float, budget: ErrorBudget, comparison: Comparison) -> str:
    if limit == 1:
        return f"the policy requires no evidence that the advantage is not due to chance ({stated_p_value(p_value)})"
    claim = "is unlikely to be due to chance" if p_value <= limit else "may be due to chance"
    shared = _shared(budget, comparison)
    return f"the challenger's advantage {claim} ({stated_p_value(p_value)}, limit {limit:.3g}{shared})"


def _shared(budget: ErrorBudget, comparison: Comparison) -> str:
    challengers = f", shared by {comparison.compared} challengers" if comparison.compared > 1 else ""
    repeats = f", comparison number {comparison.look} on these rows" if comparison.look > 1 else ""
    look = comparison.champion_look
    year = f", comparison number {look} with this champion" if budget == "year" and look else ""
    return challengers + repeats + year

"""Refuse a challenger that pays for its gain with another metric."""

from ..domain.comparison import Comparison
from ..domain.policy.policy import Policy
from ..domain.verdict import Outcome, Verdict
from .margins import judge_margin


def judge_guardrails(policy: Policy, comparison: Comparison) -> list[Verdict]:
    """One verdict for each metric that the policy guards; none for a first model, which has nothing to lose.

    All must hold, so each can use the policy's full confidence, however many there are (intersection-union test).
    Source: R. Berger, "Multiparameter hypothesis testing and acceptance sampling", Technometrics 24 (1982).
    """
    if not comparison.has_champion:
        return []
    return [_judge(name, margin, comparison) for name, margin in policy.validation.guardrails.items()]


def _judge(name: str, margin: float, comparison: Comparison) -> Verdict:
    check, metric = f"guardrail_{name}", comparison.metrics.get(name)
    if metric is None:
        reason = f"guardrail {name} is not known for both versions"
        return Verdict(check=check, outcome=Outcome.INCONCLUSIVE, reason=reason)
    return judge_margin(check, name, metric, margin, comparison)

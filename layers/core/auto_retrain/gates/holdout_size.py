"""Refuse to decide on too few rows."""

from ..domain.comparison import Comparison
from ..domain.policy.policy import Policy
from ..domain.verdict import Outcome, Verdict

CHECK = "holdout_size"


def judge_holdout_size(policy: Policy, comparison: Comparison) -> list[Verdict]:
    """Met with enough rows in total, enough of the rarest class, and enough entities; otherwise inconclusive.

    Entities of unequal size count as fewer: a large one decides by itself, and tests would err
    more often than they say.
    """
    rules, rows, rarest = policy.validation, comparison.rows, comparison.rarest_class_rows
    needs = [
        (rows, rules.min_holdout_rows, f"{rows} holdout rows"),
        (rarest, rules.min_class_rows, f"{rarest} holdout rows of the rarest class"),
        (comparison.effective_entities, rules.min_entities, _entities(comparison)),
    ]
    for number, needed, words in needs:
        if number is not None and number < needed:
            return [_verdict(Outcome.INCONCLUSIVE, f"{words} ({needed} needed)", comparison)]
    entities = "" if comparison.entities is None else f"; {_entities(comparison)}"
    return [_verdict(Outcome.MET, f"{rows} holdout rows{entities}", comparison)]


def _entities(comparison: Comparison) -> str:
    number, effective = comparison.entities, comparison.effective_entities
    words = f"{number} entities among the holdout rows"
    if number is None or effective is None or effective > 0.99 * number:
        return words
    return f"{words}, whose rows are so unequally spread that they count as {effective:.4g}"


def _verdict(outcome: Outcome, reason: str, comparison: Comparison) -> Verdict:
    return Verdict(check=CHECK, outcome=outcome, reason=reason, n=comparison.rows)

"""Refuse a challenger that is better on the whole and worse for some."""

from ..domain.comparison import Comparison, SliceResult
from ..domain.policy.policy import Policy
from ..domain.verdict import Outcome, Verdict

CHECK = "slices"
SHOWN = 3
LONGEST_VALUE = 40


def judge_slices(policy: Policy, comparison: Comparison) -> list[Verdict]:
    """Met when the challenger is significantly worse on no slice, with the family of all slices in mind.

    No verdict where there are no slices to compare.

    The smallest of k p values counts when it is at most a k-th of the probability to err; then so does each next one
    that stays below what is left of it. Source: S. Holm, "A simple sequentially rejective multiple test procedure",
    Scandinavian Journal of Statistics 6 (1979).
    """
    if not policy.data.slices or not comparison.has_champion:
        return []
    judged = sorted(comparison.slices, key=lambda found: found.p_worse)
    if not judged:
        few = f"no slice has {policy.validation.min_slice_rows} rows"
        reason = f"{few} on which both could be compared"
        return [Verdict(check=CHECK, outcome=Outcome.INCONCLUSIVE, reason=reason)]
    # The bare rule looks at no p value, and a slice that is worse by a row is not worse.
    alpha = 1 - (policy.validation.needed_confidence or 0.95)
    worse = []
    for number, found in enumerate(judged):
        if found.p_worse > alpha / (len(judged) - number):
            break
        worse.append(found)
    return [
        Verdict(
            check=CHECK,
            outcome=Outcome.UNMET if worse else Outcome.MET,
            reason=_reason(comparison.primary, worse, len(judged)),
            value=judged[0].p_worse,
            limit=alpha / len(judged),
            n=comparison.rows,
            p_value=judged[0].p_worse,
        )
    ]


def _reason(primary: str, worse: list[SliceResult], judged: int) -> str:
    if not worse:
        return f"{primary} got significantly worse on none of {judged} slices"
    told = ", ".join(map(_numbers, worse[:SHOWN]))
    return f"{primary} got significantly worse on {len(worse)} of {judged} slices: {told}"


def _numbers(found: SliceResult) -> str:
    value = found.value[:LONGEST_VALUE]
    return f"{found.column} = {value} ({found.challenger:.4f}, champion {found.champion:.4f}, {found.rows} rows)"

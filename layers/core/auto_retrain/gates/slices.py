"""Refuse a challenger that is better overall but worse for some groups of rows."""

from ..domain.comparison import Comparison, SliceResult
from ..domain.policy.policy import Policy
from ..domain.verdict import Outcome, Verdict

CHECK = "slices"
MAX_SHOWN = 3
MAX_VALUE_LENGTH = 40


def judge_slices(policy: Policy, comparison: Comparison) -> list[Verdict]:
    """Met if the challenger is not significantly worse on any slice, adjusted for the number of slices.

    No verdict if the policy names no slices or there is no champion.

    The smallest of k p values is significant if it is at most alpha / k, the next if at most alpha / (k - 1), and so on
    until one is not. Source: S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal
    of Statistics 6 (1979).
    """
    if not policy.data.slices or not comparison.has_champion:
        return []
    judged = sorted(comparison.slices, key=lambda result: result.p_worse)
    if not judged:
        reason = f"no slice has {policy.validation.min_slice_rows} rows on which both versions can be compared"
        return [Verdict(check=CHECK, outcome=Outcome.INCONCLUSIVE, reason=reason)]
    # Even where the point estimate alone decides, one row more or less does not make a slice worse.
    alpha = 1 - (policy.validation.needed_confidence or 0.95)
    worse = []
    for number, result in enumerate(judged):
        if result.p_worse > alpha / (len(judged) - number):
            break
        worse.append(result)
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
        return f"{primary} is not significantly worse on any of {judged} slices"
    examples = ", ".join(map(_numbers, worse[:MAX_SHOWN]))
    return f"{primary} is significantly worse on {len(worse)} of {judged} slices: {examples}"


def _numbers(result: SliceResult) -> str:
    value = result.value[:MAX_VALUE_LENGTH]
    return f"{result.column} = {value} ({result.challenger:.4f}, champion {result.champion:.4f}, {result.rows} rows)"

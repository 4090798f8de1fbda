"""Refuse a challenger that is better overall but worse for some groups of rows."""

from math import log2

from ..domain.comparison import Comparison, SliceResult
from ..domain.numbers import shown_number
from ..domain.policy.policy import Policy
from ..domain.verdict import Outcome, Verdict

CHECK = "slices"
MAX_SHOWN = 3
MAX_VALUE_LENGTH = 40


def judge_slices(policy: Policy, comparison: Comparison) -> list[Verdict]:
    """Met if the challenger is not significantly worse on any slice, adjusted for the number of slices.

    No verdict if the policy names no slices or there is no champion. Slices of too few entities are not judged.

    The smallest of k p values is significant if it is at most alpha / k, the next if at most alpha / (k - 1), and so on
    until one is not. Source: S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal
    of Statistics 6 (1979).
    """
    if not policy.data.slices or not comparison.has_champion:
        return []
    # Even where the point estimate alone decides, one row more or less does not make a slice worse.
    alpha = 1 - (policy.validation.needed_confidence or 0.95)
    judged = sorted(_judged(policy, comparison.slices, alpha), key=lambda result: result.p_worse)
    others = _others(policy, comparison, len(judged))
    if not judged:
        return [Verdict(check=CHECK, outcome=Outcome.INCONCLUSIVE, reason=f"no slice can be judged{others}")]
    worse = []
    for number, result in enumerate(judged):
        if result.p_worse > alpha / (len(judged) - number):
            break
        worse.append(result)
    return [
        Verdict(
            check=CHECK,
            outcome=Outcome.UNMET if worse else Outcome.MET,
            reason=_reason(comparison.primary, worse, len(judged)) + others,
            value=judged[0].p_worse,
            limit=alpha / len(judged),
            n=comparison.rows,
            p_value=judged[0].p_worse,
        )
    ]


def _judged(policy: Policy, slices: tuple[SliceResult, ...], alpha: float) -> list[SliceResult]:
    """Those that could be refused: u entities, or rows, give no p value below 2^-u, and few of them a wrong one."""
    least = log2(len(slices) / alpha) if slices else 0.0
    rules = policy.validation
    return [
        result
        for result in slices
        if (result.rows >= least if result.entities is None else result.entities >= max(rules.min_entities, least))
    ]


def _others(policy: Policy, comparison: Comparison, judged: int) -> str:
    """What is not judged: nobody should take a silent slice for one that is fine."""
    rules, few = policy.validation, len(comparison.slices) - judged
    parts = []
    if few:
        unit = "rows" if comparison.entities is None else f"entities ({rules.min_entities} of equal size needed)"
        parts.append(f"{few} with too few {unit}")
    if comparison.slices_left_out:
        parts.append(f"{comparison.slices_left_out} beyond the largest of a column or without {comparison.primary}")
    if parts:
        return f"; not judged: {', '.join(parts)}"
    return "" if judged else f": none has {rules.min_slice_rows} rows"


def _reason(primary: str, worse: list[SliceResult], judged: int) -> str:
    if not worse:
        return f"{primary} is not significantly worse on any of {judged} slices"
    examples = ", ".join(map(_numbers, worse[:MAX_SHOWN]))
    return f"{primary} is significantly worse on {len(worse)} of {judged} slices: {examples}"


def _numbers(result: SliceResult) -> str:
    name, rows = f"{result.column} = {result.value[:MAX_VALUE_LENGTH]}", f"{result.rows} rows"
    return f"{name} ({shown_number(result.challenger)}, champion {shown_number(result.champion)}, {rows})"

"""Whether one feature drifted: more than the threshold, and more than chance explains."""

from collections.abc import Iterator

from ..domain.drift import FeatureHistogram
from ..domain.numbers import stated_p_value
from ..domain.policy.policy import Policy
from ..domain.policy.triggers import MIN_DRIFT_ROWS
from ..domain.verdict import Outcome, Verdict
from ..statistics.psi import shift_of_psi
from .drift_scores import FeatureScores, independent_rows

CHECK = "data_drift"
# As a shift by a seventh of a standard deviation; less is seen in any two months of much data.
WORTH_A_LOOK, P_WORTH_A_LOOK = 0.02, 0.05
_RANK = {Outcome.MET: 0, Outcome.INCONCLUSIVE: 1}
_LEAVE_OUT = "drift.ignore, or a weight of 0, leaves it out"

Finding = tuple[Outcome, str]


def judge_feature(policy: Policy, histogram: FeatureHistogram, scores: FeatureScores | None) -> Verdict:
    check = f"{CHECK}:{histogram.feature}"
    if scores is None:
        reason = lacks(policy, histogram) or ""
        return Verdict(check=check, outcome=Outcome.INCONCLUSIVE, reason=reason, n=smaller_side(histogram))
    findings = [
        *_shift(policy, histogram, scores),
        *_missing(policy, histogram, scores.missing),
        *_unseen(policy, histogram, scores.unseen),
    ]
    reasons = {outcome: [reason for each, reason in findings if each is outcome] for outcome, _ in findings}
    outcome = min(reasons, key=outcome_rank, default=Outcome.UNMET)
    return Verdict(
        check=check,
        outcome=outcome,
        reason="; ".join(reasons.get(outcome, [])) or _calm(policy, histogram, scores),
        value=scores.psi,
        limit=policy.triggers.drift_threshold,
        n=sum(histogram.live),
        p_value=scores.shift,
        evidence="counted" if policy.triggers.confidence else "bare_rule",
    )


def outcome_rank(outcome: Outcome) -> int:
    return _RANK.get(outcome, 2)


def rows_needed(policy: Policy) -> int:
    config = policy.triggers
    return max(config.min_rows, MIN_DRIFT_ROWS if config.confidence else 1)


def smaller_side(histogram: FeatureHistogram) -> int:
    return min(sum(histogram.reference), sum(histogram.live))


def lacks(policy: Policy, histogram: FeatureHistogram) -> str | None:
    """Why a feature has too few rows to be judged, if it has."""
    rows, needed = smaller_side(histogram), rows_needed(policy)
    if rows < needed:
        return f"only {rows} rows on one side of '{histogram.feature}' ({needed} needed)"
    independent = min(independent_rows(histogram, "bins"))
    if policy.triggers.confidence and independent < MIN_DRIFT_ROWS:
        return (
            f"the rows of an entity resemble each other in '{histogram.feature}', so those on one side weigh as "
            f"{independent:.0f} independent ones ({MIN_DRIFT_ROWS} needed); {_LEAVE_OUT}"
        )
    return None


def _shift(policy: Policy, histogram: FeatureHistogram, scores: FeatureScores) -> Iterator[Finding]:
    config = policy.triggers
    text = f"PSI {scores.psi:.3f} of '{histogram.feature}' exceeds {config.drift_threshold}"
    if scores.psi > config.drift_threshold and _is_significant(policy, scores.shift):
        chance = f"{stated_p_value(scores.shift)}" if config.confidence else "point estimate alone"
        yield Outcome.MET, f"{text} ({chance})"


def _is_significant(policy: Policy, adjusted: float) -> bool:
    """With confidence 0, every p value is small enough."""
    return adjusted <= 1 - policy.triggers.confidence


def _calm(policy: Policy, histogram: FeatureHistogram, scores: FeatureScores) -> str:
    limit = policy.triggers.drift_threshold
    text = f"PSI {scores.psi:.3f} of '{histogram.feature}'"
    if scores.psi > limit:
        return f"{text} exceeds {limit}, but this may be due to chance ({stated_p_value(scores.shift)})"
    text = f"{text} does not exceed {limit}"
    return f"{text}, but is worth a look: {_small(policy, histogram, scores)}" if is_worth_a_look(scores) else text


def is_worth_a_look(scores: FeatureScores) -> bool:
    return scores.psi > WORTH_A_LOOK and scores.shift <= P_WORTH_A_LOOK


def _small(policy: Policy, histogram: FeatureHistogram, scores: FeatureScores) -> str:
    """What PSI is too coarse to report, in numbers that people know."""
    limit, chance = policy.triggers.drift_threshold, f"is not due to chance ({stated_p_value(scores.shift)})"
    if histogram.kind == "categorical":
        return f"the change {chance}, but is smaller than drift_threshold {limit} reports"
    return (
        f"a change like a shift by {shift_of_psi(scores.psi):.2f} standard deviations {chance}, but is smaller than "
        f"drift_threshold {limit} reports (about {shift_of_psi(limit):.2f})"
    )


def _missing(policy: Policy, histogram: FeatureHistogram, adjusted: float) -> Iterator[Finding]:
    before, now = _share(histogram.reference, -1), _share(histogram.live, -1)
    if now - before > policy.drift.max_missing_increase:
        text = f"{now:.1%} of '{histogram.feature}' are missing, up from {before:.1%}"
        yield from _unless_by_few(policy, independent_rows(histogram, "missing"), adjusted, text)


def _unseen(policy: Policy, histogram: FeatureHistogram, adjusted: float) -> Iterator[Finding]:
    if histogram.has_unknown_categories:
        text = f"'{histogram.feature}' has so many categories that new ones cannot be recognised"
        yield Outcome.INCONCLUSIVE, f"{text}; {_LEAVE_OUT}"
    share = (histogram.unseen or 0) / sum(histogram.live)
    if share > policy.drift.max_unseen_share:
        text = f"{share:.1%} of '{histogram.feature}' are categories never seen in training"
        yield from _unless_by_few(policy, independent_rows(histogram, "unseen"), adjusted, text)


def _unless_by_few(policy: Policy, independent: tuple[float, float], adjusted: float, text: str) -> Iterator[Finding]:
    """What is so for a few entities may be so by chance, which no p value can tell."""
    if policy.triggers.confidence and min(independent) < MIN_DRIFT_ROWS:
        weight = f"{min(independent):.0f} independent rows, {MIN_DRIFT_ROWS} needed"
        yield Outcome.INCONCLUSIVE, f"{text}, but only for a few entities ({weight})"
    elif _is_significant(policy, adjusted):
        yield Outcome.MET, text


def _share(counts: tuple[int, ...], place: int) -> float:
    return counts[place] / sum(counts)

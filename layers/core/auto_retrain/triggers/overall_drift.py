"""Whether all features together drifted: many that moved a little, of which none is beyond its own threshold."""

from collections.abc import Mapping, Sequence

from ..domain.drift import FeatureHistogram
from ..domain.numbers import stated_p_value
from ..domain.policy.policy import Policy
from ..domain.verdict import Outcome, Verdict
from ..statistics.psi import shift_of_psi
from ..statistics.significance import combined_p_value
from .drift_scores import FeatureScores
from .feature_drift import CHECK

OVERALL = f"{CHECK}_overall"


def judge_overall(
    policy: Policy, histograms: Sequence[FeatureHistogram], scores: Mapping[str, FeatureScores]
) -> Verdict:
    """Met if the mean PSI of the features exceeds its threshold and is unlikely to be due to chance.

    The p value holds however the features depend on each other. A feature without scores, which has too few rows,
    counts as one that did not move, and can make the verdict inconclusive. One that moved far counts for no more than
    others may, so that a few are never all together.
    """
    counted = [each for each in histograms if policy.drift.weight_of(each.feature) > 0]
    judged = [scores[each.feature] for each in counted if each.feature in scores]
    verdict = _judge(policy, counted, judged, scores) if judged else _unjudged(len(counted))
    return verdict.as_observed() if policy.drift.overall.observe_only else verdict


def _unjudged(counted: int) -> Verdict:
    if not counted:
        return Verdict(check=OVERALL, outcome=Outcome.UNMET, reason="no feature counts")
    reason = f"none of {counted} features has enough rows to be judged"
    return Verdict(check=OVERALL, outcome=Outcome.INCONCLUSIVE, reason=reason)


def _judge(
    policy: Policy,
    counted: Sequence[FeatureHistogram],
    judged: Sequence[FeatureScores],
    scores: Mapping[str, FeatureScores],
) -> Verdict:
    total = sum(policy.drift.weight_of(each.feature) for each in counted)
    weights = [policy.drift.weight_of(each.feature) for each in counted if each.feature in scores]
    limit, most = policy.drift.overall.threshold, _most(policy)
    sizes = (weight * min(each.psi, most) for each, weight in zip(judged, weights, strict=True))
    mean = sum(sizes) / total
    p_value = combined_p_value([each.alone for each in judged], weights)
    outcome = Outcome.INCONCLUSIVE if len(judged) < len(counted) else Outcome.UNMET
    if mean > limit and p_value <= 1 - policy.triggers.confidence:
        outcome = Outcome.MET
    return Verdict(
        check=OVERALL,
        outcome=outcome,
        reason=_reason(policy, mean, p_value, len(judged), len(counted)),
        value=mean,
        limit=limit,
        n=max(sum(each.live) for each in counted if each.feature in scores),
        p_value=p_value,
        evidence="counted" if policy.triggers.confidence else "bare_rule",
    )


def _most(policy: Policy) -> float:
    """What counts of a PSI at most: what is beyond its own threshold is judged apart, and half of them must do."""
    return max(policy.triggers.drift_threshold, 2 * policy.drift.overall.threshold)


def _reason(policy: Policy, mean: float, p_value: float, judged: int, counted: int) -> str:
    limit = policy.drift.overall.threshold
    of_features = f"{judged} features" if judged == counted else f"{judged} of {counted} features"
    text = f"the mean PSI of {of_features} is {mean:.3f}"
    if mean <= limit:
        return f"{text}, which does not exceed {limit}"
    if p_value > 1 - policy.triggers.confidence:
        return f"{text}, which exceeds {limit}, but this may be due to chance ({stated_p_value(p_value)})"
    chance = stated_p_value(p_value) if policy.triggers.confidence else "point estimate alone"
    shift = f"as if each had shifted by {shift_of_psi(mean):.2f} standard deviations"
    return f"{text}, which exceeds {limit} ({chance}), {shift}"

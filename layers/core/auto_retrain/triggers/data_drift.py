"""Retrain when live features no longer look like the champion's training data; broken data are not drift."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from ..domain.dead_columns import are_alive, dead_columns
from ..domain.drift import DriftEvidence, FeatureHistogram
from ..domain.policy.policy import Policy
from ..domain.policy.triggers import MIN_DRIFT_ROWS
from ..domain.trigger_type import TriggerType
from ..domain.verdict import Outcome, Verdict
from ..statistics.psi import shift_of_psi
from .base import Evidence, Trigger
from .drift_scores import FeatureScores, comparable, independent_rows, score

CHECK = "data_drift"
# As a shift by a seventh of a standard deviation; less is seen in any two months of much data.
WORTH_A_LOOK, P_WORTH_A_LOOK = 0.02, 0.05
_RANK = {Outcome.MET: 0, Outcome.INCONCLUSIVE: 1}
_MAX_NAMED = 5
_LEAVE_OUT = "drift.ignore, or a weight of 0, leaves it out"

Finding = tuple[Outcome, str]


class DataDrift(Trigger):
    """Live features no longer look like the champion's training data."""

    kind = TriggerType.DATA_DRIFT
    reads_data = True
    backs_off = True
    needs_breach_days = True

    def judge(self, policy: Policy, evidence: Evidence, at: datetime) -> tuple[Verdict, ...]:
        """The verdict on the dataset, then one for each feature; broken data are an error."""
        drift = judge_drift_evidence(policy, evidence.drift or DriftEvidence(unusable="the data were not read"))
        if drift.broken:
            reason = f"bad data: {'; '.join(drift.broken)}"
            return (Verdict(check=CHECK, outcome=Outcome.ERROR, reason=reason),)
        return (drift.dataset, *drift.features)


class DriftVerdicts(NamedTuple):
    """The verdict on the whole dataset, those on its features (strongest first), and what is broken in it.

    `complete` is false if some of the features had too few rows to tell whether they are broken. `are_alive` says that
    every column has values that vary, which few rows can show as well.
    """

    dataset: Verdict
    features: list[Verdict]
    broken: list[str]
    complete: bool = False
    are_alive: bool = False


def judge_drift_evidence(policy: Policy, evidence: DriftEvidence) -> DriftVerdicts:
    """Judge the evidence; without histograms, drift is inconclusive or the data are broken."""
    if evidence.broken:
        return DriftVerdicts(_inconclusive("the live data cannot be read"), [], [evidence.broken])
    if evidence.unusable:
        return DriftVerdicts(_inconclusive(evidence.unusable), [], [])
    return judge_drift(policy, list(evidence.histograms))


def _inconclusive(reason: str) -> Verdict:
    return Verdict(check=CHECK, outcome=Outcome.INCONCLUSIVE, reason=reason)


def judge_drift(policy: Policy, histograms: list[FeatureHistogram]) -> DriftVerdicts:
    """Judge every feature, then the dataset: met if features with enough weight drifted.

    A feature drifts if its PSI over deciles exceeds the threshold and is not due to chance (by its p value, adjusted
    for the number of features; skipped with confidence 0), or if many more values are missing or are categories that
    the reference never had. Too few rows are inconclusive.
    """
    needed = _rows_needed(policy)
    scores = score(policy, [comparable(each) for each in histograms if _lacks(policy, each) is None])
    verdicts = [_judge_feature(policy, histogram, scores.get(histogram.feature)) for histogram in histograms]
    verdicts.sort(key=lambda verdict: (_outcome_rank(verdict.outcome), -(verdict.value or 0)))
    looks = sum(_worth_a_look(each) and each.psi <= policy.triggers.drift_threshold for each in scores.values())
    dataset = _judge_dataset(policy, verdicts, looks)
    is_known = dataset.outcome is not Outcome.INCONCLUSIVE
    complete = is_known or (bool(histograms) and all(_smaller_side(each) >= needed for each in histograms))
    dead = [] if "dead_column" in policy.data.tolerate else dead_columns(histograms, needed)
    return DriftVerdicts(dataset, verdicts, dead, complete, are_alive(histograms))


def _outcome_rank(outcome: Outcome) -> int:
    return _RANK.get(outcome, 2)


def _rows_needed(policy: Policy) -> int:
    config = policy.triggers
    return max(config.min_rows, MIN_DRIFT_ROWS if config.confidence else 1)


def _smaller_side(histogram: FeatureHistogram) -> int:
    return min(sum(histogram.reference), sum(histogram.live))


def _lacks(policy: Policy, histogram: FeatureHistogram) -> str | None:
    """Why a feature has too few rows to be judged, if it has."""
    rows, needed = _smaller_side(histogram), _rows_needed(policy)
    if rows < needed:
        return f"only {rows} rows on one side of '{histogram.feature}' ({needed} needed)"
    independent = min(independent_rows(histogram, "bins"))
    if policy.triggers.confidence and independent < MIN_DRIFT_ROWS:
        return (
            f"the rows of an entity resemble each other in '{histogram.feature}', so those on one side weigh as "
            f"{independent:.0f} independent ones ({MIN_DRIFT_ROWS} needed); {_LEAVE_OUT}"
        )
    return None


def _judge_feature(policy: Policy, histogram: FeatureHistogram, scores: FeatureScores | None) -> Verdict:
    check = f"{CHECK}:{histogram.feature}"
    if scores is None:
        reason = _lacks(policy, histogram) or ""
        return Verdict(check=check, outcome=Outcome.INCONCLUSIVE, reason=reason, n=_smaller_side(histogram))
    findings = [
        *_shift(policy, histogram, scores),
        *_missing(policy, histogram, scores.missing),
        *_unseen(policy, histogram, scores.unseen),
    ]
    reasons = {outcome: [reason for each, reason in findings if each is outcome] for outcome, _ in findings}
    outcome = min(reasons, key=_outcome_rank, default=Outcome.UNMET)
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


def _shift(policy: Policy, histogram: FeatureHistogram, scores: FeatureScores) -> Iterator[Finding]:
    config = policy.triggers
    text = f"PSI {scores.psi:.3f} of '{histogram.feature}' exceeds {config.drift_threshold}"
    if scores.psi > config.drift_threshold and _is_significant(policy, scores.shift):
        chance = f"p {_p(scores.shift)}" if config.confidence else "point estimate alone"
        yield Outcome.MET, f"{text} ({chance})"


def _is_significant(policy: Policy, adjusted: float) -> bool:
    """With confidence 0, every p value is small enough."""
    return adjusted <= 1 - policy.triggers.confidence


def _calm(policy: Policy, histogram: FeatureHistogram, scores: FeatureScores) -> str:
    limit = policy.triggers.drift_threshold
    text = f"PSI {scores.psi:.3f} of '{histogram.feature}'"
    if scores.psi > limit:
        return f"{text} exceeds {limit}, but this may be due to chance (p {_p(scores.shift)})"
    text = f"{text} does not exceed {limit}"
    return f"{text}, but is worth a look: {_small(policy, histogram, scores)}" if _worth_a_look(scores) else text


def _worth_a_look(scores: FeatureScores) -> bool:
    return scores.psi > WORTH_A_LOOK and scores.shift <= P_WORTH_A_LOOK


def _small(policy: Policy, histogram: FeatureHistogram, scores: FeatureScores) -> str:
    """What PSI is too coarse to report, in numbers that people know."""
    limit, chance = policy.triggers.drift_threshold, f"is not due to chance (p {_p(scores.shift)})"
    if histogram.kind == "categorical":
        return f"the change {chance}, but is smaller than drift_threshold {limit} reports"
    return (
        f"a change like a shift by {shift_of_psi(scores.psi):.2f} standard deviations {chance}, but is smaller than "
        f"drift_threshold {limit} reports (about {shift_of_psi(limit):.2f})"
    )


def _p(value: float) -> str:
    return f"{value:.2g}" if value else "below 1e-300"


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


def _judge_dataset(policy: Policy, verdicts: list[Verdict], looks: int) -> Verdict:
    weights = {verdict.check: _weight(policy, verdict) for verdict in verdicts}
    counted = [verdict for verdict in verdicts if weights[verdict.check] > 0]
    total = sum(weights.values())
    drifted = [verdict for verdict in counted if verdict.met]
    share = sum(weights[verdict.check] for verdict in drifted) / total if total else 0.0
    needed = policy.drift.min_drifted_share
    outcome, reason = Outcome.UNMET, counted[0].reason if counted else "no feature counts"
    if drifted and share >= needed:
        outcome, reason = Outcome.MET, _named(drifted)
    elif any(verdict.outcome is Outcome.INCONCLUSIVE for verdict in counted):
        unknown = next(verdict for verdict in counted if verdict.outcome is Outcome.INCONCLUSIVE)
        outcome, reason = Outcome.INCONCLUSIVE, f"drift cannot be judged: {unknown.reason}"
    elif drifted:
        reason = f"{_named(drifted)}; that is {share:.0%} of the features by weight ({needed:.0%} needed)"
    if not drifted and looks > 1:
        reason += "; 1 more feature is worth a look" if looks == 2 else f"; {looks - 1} more features are worth a look"
    n = max((verdict.n or 0 for verdict in verdicts), default=0)
    return Verdict(check=CHECK, outcome=outcome, reason=reason, value=share, limit=needed, n=n)


def _weight(policy: Policy, verdict: Verdict) -> float:
    return policy.drift.weights.get(verdict.check.removeprefix(f"{CHECK}:"), 1.0)


def _named(drifted: list[Verdict]) -> str:
    more = len(drifted) - _MAX_NAMED
    reasons = "; ".join(verdict.reason for verdict in drifted[:_MAX_NAMED])
    return reasons + (f"; and {more} more features" if more > 0 else "")

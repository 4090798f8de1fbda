"""Retrain when live features no longer look like the champion's training data; broken data are not drift."""

from datetime import datetime
from typing import NamedTuple

from ..domain.dead_columns import are_alive, dead_columns
from ..domain.drift import DriftEvidence, FeatureHistogram
from ..domain.policy.policy import Policy
from ..domain.policy.triggers import MIN_DRIFT_ROWS
from ..domain.trigger_type import TriggerType
from ..domain.verdict import Outcome, Verdict
from ..statistics.missing_mass import unseen_p_value
from ..statistics.proportions import rise_p_value
from ..statistics.psi import psi
from ..statistics.significance import benjamini_hochberg, psi_p_value
from .base import Evidence, Trigger

CHECK = "data_drift"
WORTH_A_LOOK = 0.1
ROWS_FOR_A_LOOK = 1000
_RANK = {Outcome.MET: 0, Outcome.INCONCLUSIVE: 1}
_MAX_NAMED = 5


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


class FeatureScores(NamedTuple):
    """The PSI of a feature, and the p values of its shift, missing values and unseen categories.

    The p values are adjusted for the number of features.
    """

    psi: float
    shift: float
    missing: float
    unseen: float


class DriftVerdicts(NamedTuple):
    """The verdict on the whole dataset, those on its features (strongest first), and what is broken in it.

    `are_alive` says that every column has values that vary, which few rows can show as well.
    """

    dataset: Verdict
    features: list[Verdict]
    broken: list[str]
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
    scores = _score(policy, [histogram for histogram in histograms if _smaller_side(histogram) >= needed])
    verdicts = [_judge_feature(policy, histogram, scores.get(histogram.feature)) for histogram in histograms]
    verdicts.sort(key=lambda verdict: (_RANK.get(verdict.outcome, 2), -(verdict.value or 0)))
    dead = [] if "dead_column" in policy.data.tolerate else dead_columns(histograms, needed)
    return DriftVerdicts(_judge_dataset(policy, verdicts), verdicts, dead, are_alive(histograms))


def _rows_needed(policy: Policy) -> int:
    config = policy.triggers
    return max(config.min_rows, MIN_DRIFT_ROWS if config.confidence else 1)


def _smaller_side(histogram: FeatureHistogram) -> int:
    return min(sum(histogram.reference), sum(histogram.live))


def _score(policy: Policy, histograms: list[FeatureHistogram]) -> dict[str, FeatureScores]:
    values = [psi(histogram.reference, histogram.live) for histogram in histograms]
    pairs = zip(histograms, values, strict=True)
    shifts = benjamini_hochberg([_shift_p_value(histogram, value) for histogram, value in pairs])
    rises = benjamini_hochberg([_rise_p_value(histogram) for histogram in histograms])
    unseen = benjamini_hochberg([_unseen_p_value(policy, histogram) for histogram in histograms])
    rows = zip(histograms, values, shifts, rises, unseen, strict=True)
    return {histogram.feature: FeatureScores(*numbers) for histogram, *numbers in rows}


def _rise_p_value(histogram: FeatureHistogram) -> float:
    return rise_p_value(histogram.reference[-1], sum(histogram.reference), histogram.live[-1], sum(histogram.live))


def _unseen_p_value(policy: Policy, histogram: FeatureHistogram) -> float:
    return unseen_p_value(
        histogram.unseen or 0,
        sum(histogram.live),
        policy.drift.max_unseen_share,
        reference_rows=sum(histogram.reference),
        once=histogram.seen_once,
        twice=histogram.seen_twice,
    )


def _shift_p_value(histogram: FeatureHistogram, value: float) -> float:
    occupied = sum(bool(before or now) for before, now in zip(histogram.reference, histogram.live, strict=True))
    return psi_p_value(value, sum(histogram.reference), sum(histogram.live), occupied)


def _judge_feature(policy: Policy, histogram: FeatureHistogram, scores: FeatureScores | None) -> Verdict:
    check = f"{CHECK}:{histogram.feature}"
    if scores is None:
        rows = _smaller_side(histogram)
        reason = f"only {rows} rows on one side of '{histogram.feature}' ({_rows_needed(policy)} needed)"
        return Verdict(check=check, outcome=Outcome.INCONCLUSIVE, reason=reason, n=rows)
    reasons = [
        *_shift(policy, histogram, scores),
        *_missing(policy, histogram, scores.missing),
        *_unseen(policy, histogram, scores.unseen),
    ]
    return Verdict(
        check=check,
        outcome=Outcome.MET if reasons else Outcome.UNMET,
        reason="; ".join(reasons) or _calm(policy, histogram, scores),
        value=scores.psi,
        limit=policy.triggers.drift_threshold,
        n=sum(histogram.live),
        p_value=scores.shift,
        evidence="counted" if policy.triggers.confidence else "bare_rule",
    )


def _shift(policy: Policy, histogram: FeatureHistogram, scores: FeatureScores) -> list[str]:
    config = policy.triggers
    if scores.psi <= config.drift_threshold:
        return []
    text = f"PSI {scores.psi:.3f} of '{histogram.feature}' exceeds {config.drift_threshold}"
    if config.confidence == 0:
        return [f"{text} (point estimate alone)"]
    return [f"{text} (p {scores.shift:.2g})"] if _is_significant(policy, scores.shift) else []


def _is_significant(policy: Policy, adjusted: float) -> bool:
    """With confidence 0, every p value is small enough."""
    return adjusted <= 1 - policy.triggers.confidence


def _calm(policy: Policy, histogram: FeatureHistogram, scores: FeatureScores) -> str:
    limit = policy.triggers.drift_threshold
    text = f"PSI {scores.psi:.3f} of '{histogram.feature}'"
    if scores.psi > limit:
        return f"{text} exceeds {limit}, but this may be due to chance (p {scores.shift:.2g})"
    look = scores.psi > WORTH_A_LOOK and _smaller_side(histogram) >= ROWS_FOR_A_LOOK
    return f"{text} does not exceed {limit}{', but is worth a look' if look else ''}"


def _missing(policy: Policy, histogram: FeatureHistogram, adjusted: float) -> list[str]:
    before, now = _share(histogram.reference, -1), _share(histogram.live, -1)
    if now - before <= policy.drift.max_missing_increase or not _is_significant(policy, adjusted):
        return []
    return [f"{now:.1%} of '{histogram.feature}' are missing, up from {before:.1%}"]


def _unseen(policy: Policy, histogram: FeatureHistogram, adjusted: float) -> list[str]:
    share = (histogram.unseen or 0) / sum(histogram.live)
    if share <= policy.drift.max_unseen_share or not _is_significant(policy, adjusted):
        return []
    return [f"{share:.1%} of '{histogram.feature}' are categories never seen in training"]


def _share(counts: tuple[int, ...], place: int) -> float:
    return counts[place] / sum(counts)


def _judge_dataset(policy: Policy, verdicts: list[Verdict]) -> Verdict:
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
    n = max((verdict.n or 0 for verdict in verdicts), default=0)
    return Verdict(check=CHECK, outcome=outcome, reason=reason, value=share, limit=needed, n=n)


def _weight(policy: Policy, verdict: Verdict) -> float:
    return policy.drift.weights.get(verdict.check.removeprefix(f"{CHECK}:"), 1.0)


def _named(drifted: list[Verdict]) -> str:
    more = len(drifted) - _MAX_NAMED
    reasons = "; ".join(verdict.reason for verdict in drifted[:_MAX_NAMED])
    return reasons + (f"; and {more} more features" if more > 0 else "")

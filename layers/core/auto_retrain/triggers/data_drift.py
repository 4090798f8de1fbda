"""Retrain when live features no longer look like those the champion learned from."""

from ..domain.drift import FeatureHistogram
from ..domain.policy import TriggerConfig
from ..domain.verdict import Outcome, Verdict
from ..statistics.stability import psi

CHECK = "data_drift"


def judge_drift(config: TriggerConfig, histograms: list[FeatureHistogram]) -> list[Verdict]:
    """One verdict for each feature, met when its PSI over deciles exceeds the threshold."""
    return [_judge_feature(config, histogram) for histogram in histograms]


def _judge_feature(config: TriggerConfig, histogram: FeatureHistogram) -> Verdict:
    check = f"{CHECK}:{histogram.feature}"
    fewest = min(sum(histogram.reference), sum(histogram.live))
    if fewest < max(config.min_rows, 1):
        reason = f"only {fewest} rows on one side, {max(config.min_rows, 1)} are needed"
        return Verdict(check=check, outcome=Outcome.INCONCLUSIVE, reason=reason, n=fewest)
    value, limit = psi(histogram.reference, histogram.live), config.drift_threshold
    outcome = Outcome.MET if value > limit else Outcome.UNMET
    word = "exceeds" if outcome is Outcome.MET else "does not exceed"
    reason = f"PSI {value:.3f} of '{histogram.feature}' {word} {limit}"
    return Verdict(check=check, outcome=outcome, reason=reason, value=value, limit=limit, n=sum(histogram.live))

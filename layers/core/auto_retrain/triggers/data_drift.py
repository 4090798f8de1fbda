"""Retrain when live features no longer look like the champion's training data; broken data are not drift."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from ..domain.dead_columns import are_alive, dead_columns
from ..domain.drift import DriftEvidence, FeatureHistogram
from ..domain.policy.policy import Policy
from ..domain.trigger_type import TriggerType
from ..domain.verdict import Outcome, Verdict
from .base import Evidence, Trigger
from .drift_scores import comparable, score
from .feature_drift import CHECK, is_worth_a_look, judge_feature, lacks, outcome_rank, rows_needed, smaller_side
from .overall_drift import judge_overall
from .seasonal_drift import unless_seasonal

_MAX_NAMED = 5


class DataDrift(Trigger):
    """Live features no longer look like the champion's training data."""

    kind = TriggerType.DATA_DRIFT
    reads_data = True
    backs_off = True
    needs_breach_days = True

    def judge(self, policy: Policy, evidence: Evidence, at: datetime) -> tuple[Verdict, ...]:
        """The verdict on the dataset, on its features together, and on each of them; broken data are an error."""
        drift = judge_drift_evidence(policy, evidence.drift or DriftEvidence(unusable="the data were not read"))
        if drift.broken:
            reason = f"bad data: {'; '.join(drift.broken)}"
            return (Verdict(check=CHECK, outcome=Outcome.ERROR, reason=reason),)
        return drift.verdicts


class DriftVerdicts(NamedTuple):
    """The verdict on the whole dataset, those on its features (strongest first), and what is broken in it.

    `overall` is the verdict on all features together, None if there are no histograms. `is_sound` says that nothing is
    broken: there were enough rows to tell, or few that show it as well.
    """

    dataset: Verdict
    features: list[Verdict]
    broken: list[str]
    overall: Verdict | None = None
    is_sound: bool = False

    @property
    def has_any(self) -> bool:
        """Whether any feature drifted, or all of them together, be it enough for a retraining or not."""
        return any(verdict.met for verdict in self.verdicts)

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The one that decides first, the strongest features after those on the dataset."""
        return (self.dataset, *([self.overall] if self.overall else []), *self.features)


def judge_drift_evidence(policy: Policy, evidence: DriftEvidence) -> DriftVerdicts:
    """Judge the evidence; without histograms, drift is inconclusive or the data are broken."""
    if evidence.broken:
        return DriftVerdicts(_inconclusive("the live data cannot be read"), [], [evidence.broken])
    if evidence.unusable:
        return DriftVerdicts(_inconclusive(evidence.unusable), [], [])
    verdicts = judge_drift(policy, list(evidence.histograms), list(evidence.season))
    if evidence.season_unusable and verdicts.has_any:
        problem = f"the same days a year before cannot be read: {evidence.season_unusable}"
        dataset = verdicts.dataset.changed(reason=f"{verdicts.dataset.reason}; {problem}")
        return verdicts._replace(dataset=dataset)
    return verdicts


def _inconclusive(reason: str) -> Verdict:
    return Verdict(check=CHECK, outcome=Outcome.INCONCLUSIVE, reason=reason)


def judge_drift(
    policy: Policy, histograms: list[FeatureHistogram], season: Sequence[FeatureHistogram] = ()
) -> DriftVerdicts:
    """Judge every feature, then the dataset: met if features with enough weight drifted, or all of them together.

    A feature drifts if its PSI over deciles exceeds the threshold and is not due to chance (by its p value, adjusted
    for the number of features; skipped with confidence 0), or if many more values are missing or are categories that
    the reference never had. Too few rows are inconclusive. `season` compares the live rows with the same days a year
    before; what has not drifted from these has not drifted.
    """
    needed = rows_needed(policy)
    scores = score(policy, [comparable(each) for each in histograms if lacks(policy, each) is None])
    verdicts = [judge_feature(policy, histogram, scores.get(histogram.feature)) for histogram in histograms]
    overall = judge_overall(policy, histograms, scores) if histograms else None
    if season:
        year_before = judge_drift(policy, list(season))
        # Without bins, anything would be as it was; that there were too few rows is still known.
        blind = {f"{CHECK}:{each.feature}" for each in season if not each.has_edges}
        known = {each.check: each for each in year_before.features if each.check not in blind or not _is_calm(each)}
        verdicts = [unless_seasonal(verdict, known.get(verdict.check)) for verdict in verdicts]
        # A feature that did not exist then may be what all of them together have drifted by.
        is_whole = len(season) == len(histograms)
        overall = unless_seasonal(overall, year_before.overall if is_whole else None) if overall else None
    verdicts.sort(key=lambda verdict: (outcome_rank(verdict.outcome), -(verdict.value or 0)))
    looks = sum(is_worth_a_look(each) and each.psi <= policy.triggers.drift_threshold for each in scores.values())
    dataset = _judge_dataset(policy, verdicts, overall, looks)
    dead = [] if "dead_column" in policy.data.tolerate else dead_columns(histograms, needed)
    has_enough = dataset.outcome is not Outcome.INCONCLUSIVE or all(smaller_side(each) >= needed for each in histograms)
    return DriftVerdicts(dataset, verdicts, dead, overall, is_sound=not dead and (has_enough or are_alive(histograms)))


def _is_calm(verdict: Verdict) -> bool:
    return verdict.outcome is Outcome.UNMET


def _judge_dataset(policy: Policy, verdicts: list[Verdict], overall: Verdict | None, looks: int) -> Verdict:
    weights = {verdict.check: _weight(policy, verdict) for verdict in verdicts}
    counted = [verdict for verdict in verdicts if weights[verdict.check] > 0]
    total = sum(weights.values())
    drifted = [verdict for verdict in counted if verdict.met]
    share = sum(weights[verdict.check] for verdict in drifted) / total if total else 0.0
    needed = policy.drift.min_drifted_share
    outcome, reason = Outcome.UNMET, counted[0].reason if counted else "no feature counts"
    if drifted and share >= needed:
        outcome, reason = Outcome.MET, _named(drifted)
    elif overall and overall.met and not overall.observed_only:
        outcome, reason = Outcome.MET, overall.reason
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
    return policy.drift.weight_of(verdict.check.removeprefix(f"{CHECK}:"))


def _named(drifted: list[Verdict]) -> str:
    more = len(drifted) - _MAX_NAMED
    reasons = "; ".join(verdict.reason for verdict in drifted[:_MAX_NAMED])
    return reasons + (f"; and {more} more features" if more > 0 else "")

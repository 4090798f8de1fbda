"""Retrain when live features no longer look like those the champion learned from; broken data are not drift."""

from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

from ..domain.drift import FeatureHistogram
from ..domain.policy import Policy
from ..domain.verdict import Outcome, Verdict
from ..statistics.proportions import wilson_upper_bound
from ..statistics.significance import benjamini_hochberg, psi_p_value
from ..statistics.stability import psi

CHECK = "data_drift"
# Below this, the law behind the p value does not hold.
FEWEST_ROWS = 300
WORTH_A_LOOK = 0.1
ROWS_FOR_A_LOOK = 1000
_VARIED_BINS = 5
_RANK = {Outcome.MET: 0, Outcome.INCONCLUSIVE: 1}
_MOST_NAMED = 5


class DriftFindings(NamedTuple):
    """What the dataset as a whole calls for, its features with the most telling first, and what is broken in it."""

    dataset: Verdict
    features: list[Verdict]
    broken: list[str]


def judge_drift(policy: Policy, histograms: list[FeatureHistogram]) -> DriftFindings:
    """Judge every feature, then the dataset: met when features of enough weight drifted.

    A feature drifts when its PSI over deciles exceeds the threshold and, unless the policy asks for the bare rule, its
    p value, adjusted for the number of features, is no chance; or when many more values are missing, or are categories
    that the reference never had. Too few rows are inconclusive.
    """
    enough = [found for found in histograms if _fewest(found) >= _needed(policy)]
    adjusted = dict(
        zip([found.feature for found in enough], benjamini_hochberg(list(map(_p_value, enough))), strict=True)
    )
    verdicts = [_judge_feature(policy, found, adjusted.get(found.feature)) for found in histograms]
    verdicts.sort(key=lambda verdict: (_RANK.get(verdict.outcome, 2), -(verdict.value or 0)))
    return DriftFindings(_judge_dataset(policy, verdicts), verdicts, _broken(policy, histograms))


def unjudged(reason: str) -> DriftFindings:
    """What is found where there is nothing to judge."""
    return DriftFindings(Verdict(check=CHECK, outcome=Outcome.INCONCLUSIVE, reason=reason), [], [])


def _needed(policy: Policy) -> int:
    config = policy.triggers
    return max(config.min_rows, FEWEST_ROWS if config.confidence else 1)


def _fewest(found: FeatureHistogram) -> int:
    return min(sum(found.reference), sum(found.live))


def _p_value(found: FeatureHistogram) -> float:
    occupied = sum(bool(before or now) for before, now in zip(found.reference, found.live, strict=True))
    value = psi(found.reference, found.live)
    return psi_p_value(value, sum(found.reference), sum(found.live), occupied)


def _judge_feature(policy: Policy, found: FeatureHistogram, adjusted: float | None) -> Verdict:
    check, fewest = f"{CHECK}:{found.feature}", _fewest(found)
    if adjusted is None:
        reason = f"only {fewest} rows on one side of '{found.feature}', {_needed(policy)} are needed"
        return Verdict(check=check, outcome=Outcome.INCONCLUSIVE, reason=reason, n=fewest)
    value = psi(found.reference, found.live)
    reasons = [*_shift(policy, found, value, adjusted), *_missing(policy, found), *_unseen(policy, found)]
    return Verdict(
        check=check,
        outcome=Outcome.MET if reasons else Outcome.UNMET,
        reason="; ".join(reasons) or _calm(policy, found, value, adjusted),
        value=value,
        limit=policy.triggers.drift_threshold,
        n=sum(found.live),
        p_value=adjusted,
        evidence="counted" if policy.triggers.confidence else "bare_rule",
    )


def _shift(policy: Policy, found: FeatureHistogram, value: float, adjusted: float) -> list[str]:
    config = policy.triggers
    if value <= config.drift_threshold:
        return []
    text = f"PSI {value:.3f} of '{found.feature}' exceeds {config.drift_threshold}"
    if config.confidence == 0:
        return [f"{text} (bare rule)"]
    return [f"{text} (p {adjusted:.2g})"] if adjusted <= 1 - config.confidence else []


def _calm(policy: Policy, found: FeatureHistogram, value: float, adjusted: float) -> str:
    limit = policy.triggers.drift_threshold
    text = f"PSI {value:.3f} of '{found.feature}'"
    if value > limit:
        return f"{text} exceeds {limit}, but that may be chance (p {adjusted:.2g})"
    look = value > WORTH_A_LOOK and _fewest(found) >= ROWS_FOR_A_LOOK
    return f"{text} does not exceed {limit}{', but is worth a look' if look else ''}"


def _missing(policy: Policy, found: FeatureHistogram) -> list[str]:
    before, now = _share(found.reference, -1), _share(found.live, -1)
    if now - before <= policy.drift.max_missing_increase or not _rose(policy, found):
        return []
    return [f"{now:.1%} of '{found.feature}' are missing, {before:.1%} were"]


def _rose(policy: Policy, found: FeatureHistogram) -> bool:
    """Two-proportion z test with a pooled variance, one-sided; the bare rule asks for none."""
    if policy.triggers.confidence == 0:
        return True
    rows = sum(found.reference), sum(found.live)
    pooled = (found.reference[-1] + found.live[-1]) / sum(rows)
    spread = sqrt(pooled * (1 - pooled) * (1 / rows[0] + 1 / rows[1]))
    rise = _share(found.live, -1) - _share(found.reference, -1)
    return rise > NormalDist().inv_cdf(policy.triggers.confidence) * spread


def _unseen(policy: Policy, found: FeatureHistogram) -> list[str]:
    if not found.unseen:
        return []
    rows, confidence = sum(found.live), policy.triggers.confidence
    # The lower bound of a share is the upper bound of its complement, the other way round.
    lower = 1 - wilson_upper_bound(rows - found.unseen, rows, confidence) if confidence else found.unseen / rows
    if lower <= policy.drift.max_unseen_share:
        return []
    return [f"{found.unseen / rows:.1%} of '{found.feature}' are categories that were never seen in training"]


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
        reason = f"{_named(drifted)}; that is {share:.0%} of the features by weight, {needed:.0%} are needed"
    n = max((verdict.n or 0 for verdict in verdicts), default=0)
    return Verdict(check=CHECK, outcome=outcome, reason=reason, value=share, limit=needed, n=n)


def _weight(policy: Policy, verdict: Verdict) -> float:
    return policy.drift.weights.get(verdict.check.removeprefix(f"{CHECK}:"), 1.0)


def _named(drifted: list[Verdict]) -> str:
    more = len(drifted) - _MOST_NAMED
    told = "; ".join(verdict.reason for verdict in drifted[:_MOST_NAMED])
    return told + (f"; and {more} more features" if more > 0 else "")


def _broken(policy: Policy, histograms: list[FeatureHistogram]) -> list[str]:
    """Columns that went dead: empty although they were filled, or standing still although they varied."""
    problems = []
    for found in histograms:
        rows = sum(found.live)
        if rows < _needed(policy):
            continue
        before, now = sum(found.reference[:-1]), sum(found.live[:-1])
        if before and not now:
            problems.append(f"'{found.feature}' has no value in any of {rows} rows")
        elif found.stands_still and sum(map(bool, found.reference[:-1])) >= _VARIED_BINS:
            problems.append(f"'{found.feature}' is one and the same value in all of {now} rows")
    return problems

"""Retrain when live features no longer look like those the champion learned from; broken data are not drift."""

from typing import NamedTuple

from ..domain.dead_columns import dead_columns
from ..domain.drift import FeatureHistogram
from ..domain.policy.policy import Policy
from ..domain.verdict import Outcome, Verdict
from ..statistics.missing_mass import unseen_p_value
from ..statistics.proportions import rise_p_value
from ..statistics.significance import benjamini_hochberg, psi_p_value
from ..statistics.stability import psi

CHECK = "data_drift"
# Below this, the law behind the p value does not hold.
FEWEST_ROWS = 300
WORTH_A_LOOK = 0.1
ROWS_FOR_A_LOOK = 1000
_RANK = {Outcome.MET: 0, Outcome.INCONCLUSIVE: 1}
_MOST_NAMED = 5


class Measured(NamedTuple):
    """The PSI of a feature, and how likely it is without drift that it, or a share, is as large as it is.

    The three likelihoods are p values, adjusted for the number of features.
    """

    psi: float
    shift: float
    missing: float
    unseen: float


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
    measured = _measure(policy, [found for found in histograms if _fewest(found) >= _needed(policy)])
    verdicts = [_judge_feature(policy, found, measured.get(found.feature)) for found in histograms]
    verdicts.sort(key=lambda verdict: (_RANK.get(verdict.outcome, 2), -(verdict.value or 0)))
    return DriftFindings(_judge_dataset(policy, verdicts), verdicts, dead_columns(histograms, _needed(policy)))


def unjudged(reason: str) -> DriftFindings:
    """What is found where there is nothing to judge."""
    return DriftFindings(Verdict(check=CHECK, outcome=Outcome.INCONCLUSIVE, reason=reason), [], [])


def _needed(policy: Policy) -> int:
    config = policy.triggers
    return max(config.min_rows, FEWEST_ROWS if config.confidence else 1)


def _fewest(found: FeatureHistogram) -> int:
    return min(sum(found.reference), sum(found.live))


def _measure(policy: Policy, judged: list[FeatureHistogram]) -> dict[str, Measured]:
    values = [psi(found.reference, found.live) for found in judged]
    shifts = benjamini_hochberg([_shift_chance(found, value) for found, value in zip(judged, values, strict=True)])
    rises = benjamini_hochberg([_rise_chance(found) for found in judged])
    unseen = benjamini_hochberg([_unseen_chance(policy, found) for found in judged])
    measured = zip(judged, values, shifts, rises, unseen, strict=True)
    return {found.feature: Measured(*numbers) for found, *numbers in measured}


def _rise_chance(found: FeatureHistogram) -> float:
    return rise_p_value(found.reference[-1], sum(found.reference), found.live[-1], sum(found.live))


def _unseen_chance(policy: Policy, found: FeatureHistogram) -> float:
    return unseen_p_value(
        found.unseen or 0,
        sum(found.live),
        policy.drift.max_unseen_share,
        reference_rows=sum(found.reference),
        once=found.seen_once,
        twice=found.seen_twice,
    )


def _shift_chance(found: FeatureHistogram, value: float) -> float:
    occupied = sum(bool(before or now) for before, now in zip(found.reference, found.live, strict=True))
    return psi_p_value(value, sum(found.reference), sum(found.live), occupied)


def _judge_feature(policy: Policy, found: FeatureHistogram, measured: Measured | None) -> Verdict:
    check = f"{CHECK}:{found.feature}"
    if measured is None:
        fewest = _fewest(found)
        reason = f"only {fewest} rows on one side of '{found.feature}', {_needed(policy)} are needed"
        return Verdict(check=check, outcome=Outcome.INCONCLUSIVE, reason=reason, n=fewest)
    reasons = [
        *_shift(policy, found, measured),
        *_missing(policy, found, measured.missing),
        *_unseen(policy, found, measured.unseen),
    ]
    return Verdict(
        check=check,
        outcome=Outcome.MET if reasons else Outcome.UNMET,
        reason="; ".join(reasons) or _calm(policy, found, measured),
        value=measured.psi,
        limit=policy.triggers.drift_threshold,
        n=sum(found.live),
        p_value=measured.shift,
        evidence="counted" if policy.triggers.confidence else "bare_rule",
    )


def _shift(policy: Policy, found: FeatureHistogram, measured: Measured) -> list[str]:
    config = policy.triggers
    if measured.psi <= config.drift_threshold:
        return []
    text = f"PSI {measured.psi:.3f} of '{found.feature}' exceeds {config.drift_threshold}"
    if config.confidence == 0:
        return [f"{text} (bare rule)"]
    return [f"{text} (p {measured.shift:.2g})"] if _is_no_chance(policy, measured.shift) else []


def _is_no_chance(policy: Policy, adjusted: float) -> bool:
    """The bare rule does not ask."""
    return adjusted <= 1 - policy.triggers.confidence


def _calm(policy: Policy, found: FeatureHistogram, measured: Measured) -> str:
    limit = policy.triggers.drift_threshold
    text = f"PSI {measured.psi:.3f} of '{found.feature}'"
    if measured.psi > limit:
        return f"{text} exceeds {limit}, but that may be chance (p {measured.shift:.2g})"
    look = measured.psi > WORTH_A_LOOK and _fewest(found) >= ROWS_FOR_A_LOOK
    return f"{text} does not exceed {limit}{', but is worth a look' if look else ''}"


def _missing(policy: Policy, found: FeatureHistogram, adjusted: float) -> list[str]:
    before, now = _share(found.reference, -1), _share(found.live, -1)
    if now - before <= policy.drift.max_missing_increase or not _is_no_chance(policy, adjusted):
        return []
    return [f"{now:.1%} of '{found.feature}' are missing, {before:.1%} were"]


def _unseen(policy: Policy, found: FeatureHistogram, adjusted: float) -> list[str]:
    share = (found.unseen or 0) / sum(found.live)
    if share <= policy.drift.max_unseen_share or not _is_no_chance(policy, adjusted):
        return []
    return [f"{share:.1%} of '{found.feature}' are categories that were never seen in training"]


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

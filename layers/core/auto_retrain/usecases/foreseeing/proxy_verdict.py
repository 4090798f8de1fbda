"""What a proxy says of a full training: pure, from numbers alone.

A proxy learns from fewer rows than a full training, so one that does not beat the champion proves nothing by itself.
Only where even the most that a full training could gain is below what the gates ask for, it could not help.
"""

from math import inf, log2
from typing import NamedTuple

from ...domain.comparison import MetricResult
from ...domain.metric_kinds import MetricKind
from ...domain.numbers import shown_number
from ...domain.policy.policy import Policy
from ...domain.proxy import ProxyEvidence
from ...domain.verdict import Outcome, Verdict
from ...gates.min_improvement import CHECK as MIN_IMPROVEMENT
from ...gates.min_improvement import needed_value
from ...gates.paired_evidence import CHECK as PAIRED_EVIDENCE
from .hoped_gain import floor_of

CHECK = "proxy"
# Nobody waits for a thousand times as many rows.
MAX_FACTOR = 1000.0


class Reach(NamedTuple):
    """Gains over the champion, in units of the metric: of the proxy, and at most of a full training.

    `per_doubling` is what a full training is granted for each doubling of the rows.
    """

    gain: float
    at_most: float
    per_doubling: float
    doublings: float


def judge_proxy(policy: Policy, evidence: ProxyEvidence) -> Verdict:
    """Unmet if a full training could not gain what the gates ask for; met if the proxy itself gains it.

    The most that it could gain is the upper end of the proxy's gain over the champion, and for each doubling of the
    rows from the sample to all of them the upper end of what the last doubling brought, from half the sample to the
    whole. Both ends are those of two-sided 95 % intervals, so together they are exceeded in at most 5 % of the cases
    (Bonferroni). That each doubling brings as much as the one before errs on the side of training, because learning
    curves flatten. Whatever is unknown is inconclusive.

    Source: C. Cortes et al., "Learning curves: asymptotic values and rate of convergence", NIPS 6 (1993), for errors
    that fall as a power of the rows; T. Viering and M. Loog, "The shape of learning curves: a review", IEEE TPAMI 45
    (2023), for how often they do.
    """
    metric = evidence.against_champion
    needed = needed_gain(policy, metric)
    reach = reach_of(policy.kind_of(policy.primary_metric), evidence)
    if metric is None or needed is None or reach is None:
        return Verdict(check=CHECK, outcome=Outcome.INCONCLUSIVE, reason=_why_unknown(policy, needed, metric))
    outcome = _outcome(reach, needed)
    return Verdict(
        check=CHECK,
        outcome=outcome,
        reason=_reason(policy, evidence, metric, reach, needed, outcome),
        value=reach.at_most,
        limit=needed,
        n=evidence.fresh_rows,
        interval=metric.gain_interval,
    )


def _outcome(reach: Reach, needed: float) -> Outcome:
    if reach.gain >= needed:
        return Outcome.MET
    return Outcome.UNMET if reach.at_most < needed else Outcome.INCONCLUSIVE


def needed_gain(policy: Policy, metric: MetricResult | None) -> float | None:
    """The smallest gain over the champion that the gates let pass; None if they ask for none, or cannot tell.

    A floor counts whatever the policy observes. On the basis `non_inferior` a loss within the margin passes.
    """
    if metric is None or metric.champion is None:
        return None
    rules, kind = policy.validation, policy.kind_of(policy.primary_metric)
    floor = floor_of(policy)
    asked = [] if floor is None else [float(kind.gain(floor, metric.champion))]
    is_non_inferior = rules.improvement_basis == "non_inferior"
    if not rules.observes(MIN_IMPROVEMENT):
        if is_non_inferior:
            asked.append(-rules.non_inferiority_margin)
        else:
            asked.append(float(kind.gain(needed_value(policy, kind, metric.champion), metric.champion)))
    if not is_non_inferior and rules.needed_confidence and not rules.observes(PAIRED_EVIDENCE):
        asked.append(0.0)
    return max(asked, default=None)


def reach_of(kind: MetricKind, evidence: ProxyEvidence) -> Reach | None:
    """How far a full training could get, by the learning curve between half the sample and all of it."""
    whole, half = evidence.against_champion, evidence.against_half
    if whole is None or half is None or whole.gain is None or whole.champion is None:
        return None
    if whole.gain_interval is None or half.gain_interval is None:
        return None
    if not 0 < evidence.half_rows < evidence.rows <= evidence.training_rows:
        return None
    # The two samples need not be exactly one doubling apart.
    doubled = log2(evidence.rows / evidence.half_rows)
    per_doubling = max(0.0, half.gain_interval[1]) / doubled
    doublings = log2(evidence.training_rows / evidence.rows)
    at_most = whole.gain_interval[1] + doublings * per_doubling
    perfect = inf if kind.best is None else float(kind.gain(kind.best, whole.champion))
    return Reach(whole.gain, min(at_most, perfect), per_doubling, doublings)


def _why_unknown(policy: Policy, needed: float | None, metric: MetricResult | None) -> str:
    if metric is None or metric.champion is None:
        return f"{policy.primary_metric} is not known for both the proxy and the champion"
    if needed is None:
        return "the policy asks for no improvement"
    return f"it is not known how much {policy.primary_metric} varies, or what more rows bring"


def _reason(
    policy: Policy, evidence: ProxyEvidence, metric: MetricResult, reach: Reach, needed: float, outcome: Outcome
) -> str:
    name = policy.primary_metric
    numbers = (
        f"a proxy trained on {evidence.rows} of {evidence.training_rows} rows has {name} {shown_number(metric.value)} "
        f"on {evidence.fresh_rows} fresh rows, the champion {shown_number(metric.champion or 0.0)}"
    )
    at_least = "at least " if policy.kind_of(name).higher_is_better else "at most "
    asked = f"{at_least}{_shown(policy, metric, needed)}"
    if outcome is Outcome.MET:
        return f"{numbers}; that is as much as the gates ask for ({asked})"
    best = _shown(policy, metric, reach.at_most)
    bound = f"trained on all rows it could reach {best} at best"
    if outcome is Outcome.INCONCLUSIVE:
        return f"{numbers}; {bound}, and the gates ask for {asked}"
    return f"{numbers}; even {bound}, but the gates ask for {asked}; {_what_it_takes(policy, evidence, reach, needed)}"


def _shown(policy: Policy, metric: MetricResult, gain: float) -> str:
    champion = metric.champion or 0.0
    return shown_number(champion + gain if policy.kind_of(policy.primary_metric).higher_is_better else champion - gain)


def _what_it_takes(policy: Policy, evidence: ProxyEvidence, reach: Reach, needed: float) -> str:
    """What would have to change, by how much the last doubling of the rows brought."""
    half = evidence.against_half
    is_beyond_chance = half is not None and half.gain_interval is not None and half.gain_interval[0] > 0
    brought = half.gain if half and half.gain and is_beyond_chance else 0.0
    doublings = (needed - reach.gain) / brought if brought > 0 else inf
    factor = 2.0**doublings * evidence.rows / evidence.training_rows if doublings < 64 else inf
    others = "other features, or a smaller validation.min_improvement"
    if factor > MAX_FACTOR:
        return f"more rows like these hardly help, so it takes {others}"
    # An estimate from two points, so no more than two digits of it mean anything.
    rows, days = _rounded(factor * evidence.training_rows), _rounded(factor * evidence.training_days)
    return f"at the pace of its last doubling it takes about {rows} rows ({days} days like these), {others}"


def _rounded(count: float) -> int:
    return int(float(f"{count:.2g}"))

"""Whether requests were split as asked, and labels arrive alike; otherwise the arms cannot be compared."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..domain.live import ArmCounts
from ..domain.numbers import stated_p_value
from ..domain.verdict import Outcome, Verdict
from ..statistics.significance import chi_squared_survival
from .base import Sight

CHECK, LABELS = "sample_ratio", "label_share"
MAX_P_VALUE = 0.001
# Requests under way and restarting servers follow an earlier weight for a while: so large a part of the smaller share
# may differ.
TOLERANCE = 0.1
# The chi-squared distribution needs some requests in each arm.
MIN_EXPECTED = 10


class Split(NamedTuple):
    """Requests of a step, how many of them the challenger had, and what its weights make expect."""

    step: int
    weight: int
    is_constant: bool = True
    requests: int = 0
    observed: int = 0
    expected: float = 0.0
    variance: float = 0.0

    def after(self, sight: Sight) -> "Split":
        """With the requests since the last look, which were split by the weight that is in force until this one."""
        weight = sight.rollout.weight
        challenger = sight.since.challenger.requests
        requests = sight.since.champion.requests + challenger
        share = weight / 100
        return Split(
            self.step,
            weight,
            self.is_constant and weight == self.weight,
            self.requests + requests,
            self.observed + challenger,
            self.expected + requests * share,
            self.variance + requests * share * (1 - share),
        )


def split_of(sight: Sight, state: Any) -> Split:
    """The split of the present step."""
    step, weight = sight.rollout.step, sight.rollout.weight
    before = Split(**state) if isinstance(state, Mapping) and state.get("step") == step else Split(step, weight)
    return before.after(sight)


def judge_sample_ratio(sight: Sight, split: Split) -> Verdict | None:
    """An error if the challenger's share differs from its weight, neither by chance nor within the tolerance.

    Source: A. Fabijan et al., "Diagnosing sample ratio mismatch in online controlled experiments", KDD 2019.
    """
    if not 0 < sight.rollout.weight < 100:
        return None
    fewer = min(split.expected, split.requests - split.expected)
    if fewer < MIN_EXPECTED:
        return _verdict(Outcome.MET, f"{split.requests:,} requests are too few to see how they are split", split)
    off = split.observed - split.expected
    chance = chi_squared_survival(off * off / split.variance, 1)
    observed, expected = split.observed / split.requests, split.expected / split.requests
    numbers = f"the challenger had {100 * observed:.3g} % of {split.requests:,} requests, asked {100 * expected:.3g} %"
    if chance < MAX_P_VALUE and abs(off) > TOLERANCE * fewer:
        return _verdict(Outcome.ERROR, f"the split is not as asked: {numbers} ({stated_p_value(chance)})", split)
    return _verdict(Outcome.MET, numbers, split)


def _verdict(outcome: Outcome, reason: str, split: Split) -> Verdict:
    share = split.observed / split.requests if split.requests else None
    expected = split.expected / split.requests if split.requests else None
    return Verdict(
        check=CHECK, outcome=outcome, reason=reason, value=share, limit=expected, n=split.requests, evidence="counted"
    )


def judge_label_share(sight: Sight, split: Split) -> Verdict | None:
    """An error if labels have arrived for another share of the challenger's requests: those with a label are then not
    like those without. Only while the weight of the step stays the same, so that both arms are of the same age.
    """
    champion, challenger = sight.counts.champion, sight.counts.challenger
    labelled, requests = champion.labelled + challenger.labelled, champion.requests + challenger.requests
    fewest = min(champion.requests, challenger.requests)
    has_support = fewest > 0 and labelled * fewest >= MIN_EXPECTED * requests
    if not (split.is_constant and 0 < sight.rollout.weight < 100 and has_support):
        return None
    ours, theirs, pooled = _share(challenger), _share(champion), labelled / requests
    variance = pooled * (1 - pooled) * (1 / champion.requests + 1 / challenger.requests)
    chance = chi_squared_survival((ours - theirs) ** 2 / variance, 1) if variance > 0 else 1.0
    numbers = f"labels of {100 * ours:.3g} % of the challenger's requests, {100 * theirs:.3g} % of the champion's"
    is_off = chance < MAX_P_VALUE and abs(ours - theirs) > TOLERANCE * pooled
    return Verdict(
        check=LABELS,
        outcome=Outcome.ERROR if is_off else Outcome.MET,
        reason=f"labels arrive differently: {numbers} ({stated_p_value(chance)})" if is_off else numbers,
        value=ours,
        limit=theirs,
        n=labelled,
        evidence="counted",
    )


def _share(arm: ArmCounts) -> float:
    return arm.labelled / arm.requests

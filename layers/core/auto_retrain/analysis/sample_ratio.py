"""Whether requests were split as asked, and labels arrive alike; otherwise the arms cannot be compared."""

from collections.abc import Mapping
from typing import Any, NamedTuple

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
    """Entities of a step, or its requests, how many of them the challenger had, and what its weights make expect."""

    step: int
    units: int = 0
    observed: int = 0
    expected: float = 0.0
    variance: float = 0.0

    def after(self, sight: Sight) -> "Split":
        """With those since the last look, which were split by the weight that is in force until this one."""
        share = sight.rollout.weight / 100
        champion, challenger = _units(sight)
        units = champion + challenger
        return Split(
            self.step,
            self.units + units,
            self.observed + challenger,
            self.expected + units * share,
            self.variance + units * share * (1 - share),
        )


def _units(sight: Sight) -> tuple[int, int]:
    """What was assigned since the last look: entities where they are known, because all requests of one go together."""
    counts, since = sight.counts, sight.since
    if counts.champion.entities and counts.challenger.entities:
        return since.champion.entities, since.challenger.entities
    return since.champion.requests, since.challenger.requests


def split_of(sight: Sight, state: Any) -> Split:
    """The split of the present step."""
    step = sight.rollout.step
    is_same = isinstance(state, Mapping) and state.get("step") == step
    return (Split(**state) if is_same else Split(step)).after(sight)


def judge_sample_ratio(sight: Sight, split: Split) -> Verdict | None:
    """An error if the challenger's share differs from its weight, neither by chance nor within the tolerance.

    Source: A. Fabijan et al., "Diagnosing sample ratio mismatch in online controlled experiments", KDD 2019.
    """
    if not 0 < sight.rollout.weight < 100:
        return None
    fewer = min(split.expected, split.units - split.expected)
    if fewer < MIN_EXPECTED:
        return _verdict(Outcome.MET, f"{split.units:,} {_unit(sight)} are too few to see how they are split", split)
    off = split.observed - split.expected
    chance = chi_squared_survival(off * off / split.variance, 1)
    observed, expected = split.observed / split.units, split.expected / split.units
    had = f"the challenger had {100 * observed:.3g} % of {split.units:,} {_unit(sight)}"
    numbers = f"{had}, asked {100 * expected:.3g} %"
    if chance < MAX_P_VALUE and abs(off) > TOLERANCE * fewer:
        return _verdict(Outcome.ERROR, f"the split is not as asked: {numbers} ({stated_p_value(chance)})", split)
    return _verdict(Outcome.MET, numbers, split)


def _unit(sight: Sight) -> str:
    return "entities" if sight.counts.champion.entities and sight.counts.challenger.entities else "requests"


def _verdict(outcome: Outcome, reason: str, split: Split) -> Verdict:
    share = split.observed / split.units if split.units else None
    expected = split.expected / split.units if split.units else None
    return Verdict(
        check=CHECK, outcome=outcome, reason=reason, value=share, limit=expected, n=split.units, evidence="counted"
    )


def judge_label_share(sight: Sight) -> Verdict | None:
    """An error if labels have arrived for another share of the challenger's answers, of those whose labels are due:
    what has a label is then not like what has none.
    """
    champion, challenger = sight.counts.champion, sight.counts.challenger
    mature, labelled = champion.mature + challenger.mature, champion.labelled + challenger.labelled
    fewest = min(champion.mature, challenger.mature)
    if sight.is_shadow or not fewest or labelled * fewest < MIN_EXPECTED * mature:
        return None
    ours, theirs = challenger.labelled / challenger.mature, champion.labelled / champion.mature
    pooled = labelled / mature
    variance = pooled * (1 - pooled) * (1 / champion.mature + 1 / challenger.mature) / min(sight.shares)
    chance = chi_squared_survival((ours - theirs) ** 2 / variance, 1) if variance > 0 else 1.0
    numbers = f"labels of {100 * ours:.3g} % of the challenger's answers, {100 * theirs:.3g} % of the champion's"
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

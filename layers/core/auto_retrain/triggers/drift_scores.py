"""How much each feature differs from the reference, and how likely that is by chance."""

from typing import Literal, NamedTuple

from ..domain.drift import FeatureHistogram
from ..domain.policy.policy import Policy
from ..statistics.missing_mass import unseen_p_value
from ..statistics.pooling import comparable_levels
from ..statistics.proportions import rise_p_value
from ..statistics.psi import psi
from ..statistics.significance import Weighed, benjamini_hochberg, shift_p_value


class FeatureScores(NamedTuple):
    """The PSI of a feature, and the p values of its shift, missing values and unseen categories.

    The p values are adjusted for the number of features, but for that of its shift looked at `alone`.
    """

    psi: float
    alone: float
    shift: float
    missing: float
    unseen: float


def psi_of(histogram: FeatureHistogram) -> float:
    """The PSI of a feature with rows on both sides; only its frequent categories are compared one by one."""
    compared = comparable(histogram)
    return psi(compared.reference, compared.live)


def comparable(histogram: FeatureHistogram) -> FeatureHistogram:
    if histogram.kind == "numeric":
        return histogram
    reference, live = comparable_levels(histogram.reference, histogram.live)
    return histogram.changed(reference=reference, live=live)


def score(policy: Policy, histograms: list[FeatureHistogram]) -> dict[str, FeatureScores]:
    values = [psi(histogram.reference, histogram.live) for histogram in histograms]
    alone = [_shift_p_value(histogram) for histogram in histograms]
    shifts = benjamini_hochberg(alone)
    rises = benjamini_hochberg([_rise_p_value(histogram) for histogram in histograms])
    unseen = benjamini_hochberg([_unseen_p_value(policy, histogram) for histogram in histograms])
    rows = zip(histograms, values, alone, shifts, rises, unseen, strict=True)
    return {histogram.feature: FeatureScores(*numbers) for histogram, *numbers in rows}


def independent_rows(
    histogram: FeatureHistogram, question: Literal["bins", "missing", "unseen"]
) -> tuple[float, float]:
    """How many independent rows those of the reference and the live window weigh."""
    before, now = getattr(histogram.reference_effects, question), getattr(histogram.live_effects, question)
    return sum(histogram.reference) / before, sum(histogram.live) / now


def _rise_p_value(histogram: FeatureHistogram) -> float:
    before, now = independent_rows(histogram, "missing")
    was, is_now = (side[-1] / sum(side) for side in (histogram.reference, histogram.live))
    return rise_p_value(was * before, before, is_now * now, now)


def _unseen_p_value(policy: Policy, histogram: FeatureHistogram) -> float:
    _, rows = independent_rows(histogram, "unseen")
    return unseen_p_value(
        (histogram.unseen or 0) / sum(histogram.live) * rows,
        rows,
        policy.drift.max_unseen_share,
        reference_rows=sum(histogram.reference),
        once=histogram.seen_once,
        twice=histogram.seen_twice,
    )


def _shift_p_value(histogram: FeatureHistogram) -> float:
    before, now = independent_rows(histogram, "bins")
    return shift_p_value(
        Weighed(histogram.reference, before, histogram.reference_effects.unequal),
        Weighed(histogram.live, now, histogram.live_effects.unequal),
    )

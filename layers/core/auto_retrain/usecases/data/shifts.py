"""How far features moved from training to holdout, for information: only the drift trigger judges that."""

from collections.abc import Iterable, Sequence
from itertools import islice

from ...domain.data_check import FeatureBins
from ...domain.drift import FeatureHistogram
from ...triggers.drift_scores import psi_of

MAX_FEATURES, MAX_DRAWN, MAX_BINS = 20, 6, 12


def largest_shifts(histograms: Sequence[FeatureHistogram]) -> dict[str, float]:
    """The PSI of the features that moved most, the largest first."""
    filled = [histogram for histogram in histograms if sum(histogram.reference) and sum(histogram.live)]
    values = {histogram.feature: round(psi_of(histogram), 6) for histogram in filled}
    return dict(sorted(values.items(), key=lambda pair: -pair[1])[:MAX_FEATURES])


def bins_to_draw(histograms: Sequence[FeatureHistogram], features: Iterable[str]) -> dict[str, FeatureBins]:
    """The bins of the first few of these features."""
    by_name = {histogram.feature: histogram for histogram in histograms}
    drawn = (by_name[feature] for feature in islice(features, MAX_DRAWN))
    return {each.feature: FeatureBins(training=_few(each.reference), holdout=_few(each.live)) for each in drawn}


def _few(counts: tuple[int, ...]) -> tuple[int, ...]:
    """No more than can be told apart; the last one is all others."""
    return counts if len(counts) <= MAX_BINS else (*counts[: MAX_BINS - 1], sum(counts[MAX_BINS - 1 :]))

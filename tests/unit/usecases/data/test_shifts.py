"""The features that moved most are known by their bins, of which no more are kept than can be drawn."""

from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.drift import FeatureHistogram
from auto_retrain.usecases.data.shifts import MAX_BINS, MAX_DRAWN, MAX_FEATURES, bins_to_draw, largest_shifts

COUNTS = st.integers(1, 60).flatmap(
    lambda size: st.tuples(*[st.lists(st.integers(0, 9), min_size=size, max_size=size).map(tuple)] * 2)
)


@given(st.lists(COUNTS, max_size=30))
def test_no_row_is_lost_and_no_more_is_kept_than_is_drawn(
    counts: list[tuple[tuple[int, ...], tuple[int, ...]]],
) -> None:
    histograms = [
        FeatureHistogram(feature=f"f{place}", reference=before, live=after)
        for place, (before, after) in enumerate(counts)
    ]
    psi = largest_shifts(histograms)
    assert list(psi.values()) == sorted(psi.values(), reverse=True)
    assert len(psi) <= MAX_FEATURES
    bins = bins_to_draw(histograms, psi)
    assert list(bins) == list(psi)[:MAX_DRAWN]
    for feature, kept in bins.items():
        before, after = counts[int(feature[1:])]
        assert (sum(kept.training), sum(kept.holdout)) == (sum(before), sum(after))
        assert len(kept.training) == len(kept.holdout) <= MAX_BINS

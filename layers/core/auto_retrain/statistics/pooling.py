"""Bins of categories in which two samples can be compared."""

from collections.abc import Sequence

MAX_BINS = 20
MIN_EXPECTED_ROWS = 5


def comparable_levels(reference: Sequence[int], live: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The counts of `count_levels` in at most twenty bins, one for all other categories, and one of missing values.

    The categories with bins of their own are the most frequent ones of both samples together, as far as each sample is
    expected to hold five rows of them. Chosen by the reference alone, they would be those that it happens to have more
    often than they are, and differ from any other sample; with fewer rows, no distribution holds.
    """
    reference_rows, live_rows = sum(reference), sum(live)
    pooled = [before + now for before, now in zip(reference, live, strict=True)]
    needed = MIN_EXPECTED_ROWS * (reference_rows + live_rows) / max(min(reference_rows, live_rows), 1)
    known = range(len(pooled) - 3)
    frequent = sorted((place for place in known if pooled[place] >= needed), key=lambda place: -pooled[place])
    alone = sorted(frequent[:MAX_BINS])

    def merged(counts: Sequence[int]) -> tuple[int, ...]:
        kept, missing = [counts[place] for place in alone], counts[-1]
        return (*kept, sum(counts) - sum(kept) - missing, missing)

    return merged(reference), merged(live)

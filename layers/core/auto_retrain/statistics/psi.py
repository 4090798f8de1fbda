"""Population stability index (PSI) between a reference and a live sample, counted in the same bins."""

from collections.abc import Sequence
from math import log

EMPTY_SHARE = 1e-4


def psi(reference: Sequence[int], live: Sequence[int]) -> float:
    """Sum over bins of (live share - reference share) · ln(live share / reference share).

    An empty bin counts as a share of 1e-4, unless it is empty in both samples. Both need at least one row, and
    counts of the same bins. Source: N. Siddiqi, "Credit Risk Scorecards" (2006); the customary limit is 0.25.
    """
    if len(reference) != len(live):
        raise ValueError(f"the samples have {len(reference)} and {len(live)} bins; they need the same")
    reference_rows, live_rows = sum(reference), sum(live)
    if not reference_rows or not live_rows:
        raise ValueError("PSI of an empty sample is unknown")
    index = 0.0
    for expected, actual in zip(reference, live, strict=True):
        if expected or actual:
            before = max(expected / reference_rows, EMPTY_SHARE)
            now = max(actual / live_rows, EMPTY_SHARE)
            index += (now - before) * log(now / before)
    return index

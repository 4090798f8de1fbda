"""Population stability index (PSI) between a reference and a live sample, counted in the same bins."""

from collections.abc import Sequence
from itertools import pairwise
from math import log
from statistics import NormalDist

EMPTY_SHARE = 1e-4
_NORMAL = NormalDist()
_DECILES = [_NORMAL.inv_cdf(tenth / 10) for tenth in range(1, 10)]
# Beyond it all values lie in the outermost bin.
_MAX_SHIFT = 4.0


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


def psi_of_shift(shift: float, scale: float = 1.0) -> float:
    """PSI over deciles of a normal feature whose mean moves by so many standard deviations, and which is scaled."""
    up_to = [0.0, *(_NORMAL.cdf((edge - shift) / scale) for edge in _DECILES), 1.0]
    shares = [max(upper - lower, EMPTY_SHARE) for lower, upper in pairwise(up_to)]
    return sum((share - 0.1) * log(share / 0.1) for share in shares)


def shift_of_psi(value: float) -> float:
    """By how many standard deviations, up to 4, the mean of a normal feature has to move to have this PSI."""
    low, high = 0.0, _MAX_SHIFT
    while high - low > 1e-4:
        middle = (low + high) / 2
        low, high = (middle, high) if psi_of_shift(middle) < value else (low, middle)
    return low

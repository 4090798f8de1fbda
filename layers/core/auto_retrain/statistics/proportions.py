"""Bounds of a proportion that was counted."""

from math import sqrt
from statistics import NormalDist


def wilson_upper_bound(successes: float, n: int, confidence: float) -> float:
    """One-sided upper bound of a proportion: (p + z²/2n + z·sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n).

    1 when n is 0: nothing is known. Source: E. B. Wilson, "Probable inference, the law of succession, and
    statistical inference", JASA 22 (1927).
    """
    if n == 0:
        return 1.0
    z = NormalDist().inv_cdf(confidence)
    share = successes / n
    spread = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return (share + z * z / (2 * n) + spread) / (1 + z * z / n)

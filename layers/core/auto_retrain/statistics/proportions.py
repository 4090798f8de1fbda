"""Bounds of a counted proportion, and the significance of its rise."""

from math import sqrt
from statistics import NormalDist


def wilson_upper_bound(successes: float, n: float, confidence: float) -> float:
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


def rise_p_value(before: float, before_rows: float, now: float, now_rows: float) -> float:
    """One-sided p value of a proportion's rise: 1 - Phi((p2 - p1) / sqrt(p(1 - p)(1/n1 + 1/n2))) with p pooled.

    1 where nothing could have risen: no rows on one side, or the same in all rows of both. Source: J. L. Fleiss,
    "Statistical Methods for Rates and Proportions" (1981), section 2.
    """
    if not before_rows or not now_rows:
        return 1.0
    pooled = (before + now) / (before_rows + now_rows)
    spread = sqrt(pooled * (1 - pooled) * (1 / before_rows + 1 / now_rows))
    # The lower tail of the negative: 1 minus almost 1 would lose all digits.
    return NormalDist().cdf((before / before_rows - now / now_rows) / spread) if spread else 1.0


def wilson_interval(share: float, n: float, confidence: float) -> tuple[float, float]:
    """Two-sided interval of a share of `n` rows, which need not be whole; (0, 1) when n is 0. Source: as above."""
    one_sided = (1 + confidence) / 2
    return 1 - wilson_upper_bound((1 - share) * n, n, one_sided), wilson_upper_bound(share * n, n, one_sided)

"""How likely a comparison is to detect a real gain."""

from math import sqrt
from statistics import NormalDist

_NORMAL = NormalDist()


def power_of_paired_shares(gain: float, discordant: float, rows: float, alpha: float) -> float:
    """Chance that a one-sided McNemar test at level alpha detects a difference of two accuracies on the same rows.

    `discordant` is the share of rows that only one of the two classifies right, which is at least the gain: Phi((gain ·
    sqrt(n) - z · sqrt(d)) / sqrt(d - gain²)). Source: R. Connor, "Sample size for testing differences in proportions
    for the paired-sample design", Biometrics 43 (1987).
    """
    discordant = max(discordant, gain)
    spread = sqrt(max(discordant - gain**2, 1e-12))
    return _NORMAL.cdf((gain * sqrt(rows) - _NORMAL.inv_cdf(1 - alpha) * sqrt(discordant)) / spread)


def power_at_error(gain: float, standard_error: float, alpha: float) -> float:
    """Chance that a one-sided test at level alpha detects a gain whose estimate is normal with this standard error."""
    if standard_error <= 0:
        return 1.0 if gain > 0 else alpha
    return _NORMAL.cdf(gain / standard_error - _NORMAL.inv_cdf(1 - alpha))

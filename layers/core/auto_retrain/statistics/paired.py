"""Comparison of two classifiers on the same rows."""

from math import exp, log, sqrt
from typing import NamedTuple

from scipy.special import bdtrc, ndtri


class PairedCounts(NamedTuple):
    """How many rows both, only one, or neither of the two classified right."""

    both: int
    only_challenger: int
    only_champion: int
    neither: int

    def of_errors(self) -> "PairedCounts":
        """The same counts of being wrong instead of right."""
        return PairedCounts(self.neither, self.only_champion, self.only_challenger, self.both)


def mcnemar_mid_p(counts: PairedCounts) -> float:
    """One-sided mid-p value of "the challenger is not better than the champion".

    With b rows that only the challenger and c rows that only the champion classified right, and X binomial
    (b+c, 1/2): P(X > b) + P(X = b)/2. It is 1/2 when the two never differ. Source: M. W. Fagerland, S. Lydersen,
    P. Laake, "The McNemar test for binary matched-pairs data: mid-p and asymptotic are better than exact
    conditional", BMC Medical Research Methodology 13:91 (2013).
    """
    b, discordant = counts.only_challenger, counts.only_challenger + counts.only_champion
    # From the upper tail: 1 minus the lower one would lose every p value below 1e-16.
    above_b = float(bdtrc(b, discordant, 0.5))
    at_least_b = float(bdtrc(b - 1, discordant, 0.5)) if b > 0 else 1.0
    return (above_b + at_least_b) / 2


def relative_improvement_interval(counts: PairedCounts, confidence: float = 0.95) -> tuple[float, float] | None:
    """Two-sided interval of the relative improvement, from the ratio of two paired proportions.

    Wald interval on the log scale, with standard error sqrt((b+c) / (n1·n0)) where n1 and n0 are the rows that the
    challenger and the champion classified right. None when either is never right. Source: J.-M. Nam and
    W. C. Blackwelder, "Analysis of the ratio of marginal probabilities in a matched-pair setting", Statistics in
    Medicine 21 (2002).
    """
    challenger, champion = counts.both + counts.only_challenger, counts.both + counts.only_champion
    if challenger == 0 or champion == 0:
        return None
    error = sqrt((counts.only_challenger + counts.only_champion) / (challenger * champion))
    half_width = float(ndtri((1 + confidence) / 2)) * error
    centre = log(challenger / champion)
    return exp(centre - half_width) - 1, exp(centre + half_width) - 1


def gain_interval(counts: PairedCounts, confidence: float = 0.95) -> tuple[float, float]:
    """Two-sided interval of the challenger's share of right rows less the champion's.

    Wald interval with half a row more in each of the four cells. Source: A. Agresti and Y. Min, "Simple improved
    confidence intervals for comparing matched proportions", Statistics in Medicine 24 (2005).
    """
    b, c, rows = counts.only_challenger + 0.5, counts.only_champion + 0.5, sum(counts) + 2
    half_width = float(ndtri((1 + confidence) / 2)) * sqrt(b + c - (b - c) ** 2 / rows) / rows
    return (b - c) / rows - half_width, (b - c) / rows + half_width

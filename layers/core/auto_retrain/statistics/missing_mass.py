"""How much of a population of categories a sample leaves unseen."""

from math import sqrt
from statistics import NormalDist


def unseen_p_value(unseen: float, rows: float, allowed: float, *, reference_rows: int, once: int, twice: int) -> float:
    """One-sided p value of a share of unseen categories that exceeds what the reference left unseen by `allowed`.

    A sample of N rows leaves about once/N unseen, with a variance of (once + 2 twice)/N²; `once` and `twice` are the
    numbers of categories with one row and with two. Both samples need rows. Sources: I. J. Good, "The population
    frequencies of species", Biometrika 40 (1953); H. E. Robbins, "Estimating the total probability of the unobserved
    outcomes", Annals of Mathematical Statistics 39 (1968).
    """
    share = unseen / rows
    excess = share - once / reference_rows - allowed
    spread = sqrt(share * (1 - share) / rows + (once + 2 * twice) / reference_rows**2)
    if not spread:
        return 0.0 if excess > 0 else 1.0
    return NormalDist().cdf(-excess / spread)

"""How far the days of a metric differ for no known reason: an upper bound, so that noise is not taken for decay."""

from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist, mean, variance

# A few days show their own noise badly; the fewer they are, the larger it is taken to be.
NOISE_CONFIDENCE = 0.9
# Until the bound is exact to the last digit, even for days of a billion rows.
_HALVINGS = 60

# A share of rows, and how many rows that day has.
Day = tuple[float, float]


def likeness_of_rows(days: Sequence[Day]) -> float:
    """How alike the rows of a day are for no known reason: an upper bound of their correlation, from 0 to 1.

    It belongs to the metric, not to the number of rows a day, so it holds for days of any other size. It is the
    largest one for which days would seldom differ as little as these: sum of m_i (p_i - p)² / (p (1 - p)), with the
    `independent_rows` m_i and shares p_i of each day and their mean p, is at its low quantile of chi². Source:
    W. Viechtbauer, "Confidence intervals for the amount of heterogeneity in meta-analysis", Statistics in Medicine 26
    (2007), there called the Q-profile.
    """
    least, greatest, seldom_below = 0.0, 1.0, _low_quantile(len(days))
    if _differ_by(days, least) <= seldom_below:
        return least
    for _ in range(_HALVINGS):
        middle = (least + greatest) / 2
        if _differ_by(days, middle) > seldom_below:
            least = middle
        else:
            greatest = middle
    return greatest


def mean_share(days: Sequence[Day], likeness: float) -> float:
    """The mean over days by what each of them tells, so that none decides by itself, however many rows it has."""
    return _weighted_mean(days, [independent_rows(rows, likeness) for _, rows in days])


def independent_rows(rows: float, likeness: float) -> float:
    """How many independent rows tell as much as the rows of one day; never more than 1 / likeness."""
    return rows / (1 + max(rows - 1, 0) * likeness)


def _weighted_mean(days: Sequence[Day], weights: Sequence[float]) -> float:
    return sum([weight * value for weight, (value, _) in zip(weights, days, strict=True)]) / sum(weights)


def _differ_by(days: Sequence[Day], likeness: float) -> float:
    weights = [independent_rows(rows, likeness) for _, rows in days]
    mean = _weighted_mean(days, weights)
    if not 0 < mean < 1:
        return 0.0
    squares = [weight * (value - mean) ** 2 for weight, (value, _) in zip(weights, days, strict=True)]
    return sum(squares) / (mean * (1 - mean))


def day_deviation(values: Sequence[float]) -> float:
    """Upper bound of the standard deviation between days."""
    return sqrt(variance(values, mean(values)) * (len(values) - 1) / _low_quantile(len(values)))


def _low_quantile(days: int) -> float:
    """What the sum of squares of so many days, less their mean, seldom is below, in units of their variance.

    The quantile of chi² is that of E. Wilson, M. Hilferty, "The distribution of chi-square", PNAS 17 (1931).
    """
    z, spread = NormalDist().inv_cdf(1 - NOISE_CONFIDENCE), 2 / (9 * (days - 1))
    return (days - 1) * float((1 - spread + z * sqrt(spread)) ** 3)

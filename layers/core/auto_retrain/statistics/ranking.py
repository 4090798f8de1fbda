"""Metrics of how well scores rank rows: ROC AUC with DeLong's variance, and the average precision (PR AUC)."""

from collections.abc import Callable
from math import sqrt
from typing import Any, NamedTuple

import numpy as np
from scipy.special import ndtri

from .resampling import Sample

Array = np.ndarray[Any, Any]

# Replicates of the average precision use at most this many score levels instead of every one.
LEVELS = 200


class Auc(NamedTuple):
    """An area, and the influence of each row: how far it pulls the area from the population's; the pulls sum to 0.

    `kinds` are the numbers of positive and of negative rows, those of the rarest class where it is a mean of several.
    """

    value: float
    influence: Array
    kinds: tuple[int, int]


def roc_auc(positive: Array, scores: Array) -> Auc:
    """Area under the ROC curve: probability that a positive row outranks a negative one, ties counting half.

    `positive` (booleans) and `scores` have shape (rows,), with at least one row of either kind. The influence has
    DeLong's variance: its squares sum to S10/m + S01/n. Source: E. DeLong, D. DeLong, D. Clarke-Pearson, "Comparing
    the areas under two or more correlated ROC curves", Biometrics 44 (1988); with midranks: X. Sun and W. Xu, "Fast
    implementation of DeLong's algorithm", IEEE Signal Processing Letters 21 (2014).
    """
    m, n = int(positive.sum()), int((~positive).sum())
    outranked = np.empty(positive.size)
    ranks = _midranks(scores)
    outranked[positive] = (ranks[positive] - _midranks(scores[positive])) / n
    outranked[~positive] = 1 - (ranks[~positive] - _midranks(scores[~positive])) / m
    value = float(outranked[positive].mean())
    weights = np.where(positive, unbiased(m) / m, unbiased(n) / n)
    return Auc(value, (outranked - value) * weights, (m, n))


def macro_roc_auc(labels: Array, scores: Array) -> Auc:
    """Mean over the classes of the area of each against the rest; scores have shape (rows, classes).

    Only classes that some labels are of, but not all, count.
    """
    areas = [roc_auc(labels == code, scores[:, code]) for code in np.unique(labels) if not (labels == code).all()]
    return Auc(
        value=float(np.mean([area.value for area in areas])),
        influence=np.mean([area.influence for area in areas], axis=0),
        kinds=min(area.kinds for area in areas),
    )


def roc_auc_interval(area: Auc, sample: Sample, confidence: float) -> tuple[float, float]:
    """Two-sided interval of an area: all those from which it is less than z standard errors away.

    The error is DeLong's, scaled by A(1 - A), but not below that of two exponential distributions, because DeLong's is
    far too small where only a few positive rows are hard, and 0 for a perfect area. Source: R. Newcombe, "Confidence
    intervals for an effect size measure based on the Mann-Whitney statistic. Part 2", Statistics in Medicine 25 (2006),
    method 5.
    """
    z, value = float(ndtri((1 + confidence) / 2)), area.value
    m, n = (min(rows, sample.effective_units) for rows in area.kinds)
    scale = _error(area.influence, sample) ** 2 / (value * (1 - value)) if 0 < value < 1 else 0.0
    pairs = (m + n) / 2 - 1

    def is_near(a: float) -> bool:
        exponential = (1 + pairs * ((1 - a) / (2 - a) + a / (1 + a))) / (m * n)
        return (value - a) ** 2 <= z**2 * a * (1 - a) * max(scale, exponential)

    return _last_near(is_near, value, 0.0), _last_near(is_near, value, 1.0)


def _last_near(is_near: Callable[[float], bool], inside: float, outside: float) -> float:
    for _ in range(50):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if is_near(middle) else (inside, middle)
    return inside


def delong_p_value(challenger: Auc, champion: Auc, sample: Sample) -> float:
    """One-sided p value of "the challenger's area is not larger", from the variance of the paired difference.

    Rows of one entity are summed first. Source: DeLong et al. (1988); clustered: N. Obuchowski, "Nonparametric analysis
    of clustered ROC curve data", Biometrics 53 (1997). It is 1/2 when the two never differ.
    """
    error = _error(challenger.influence - champion.influence, sample)
    return sample.tail((challenger.value - champion.value) / error) if error > 0 else 0.5


def _error(influence: Array, sample: Sample) -> float:
    pulls = np.bincount(sample.units, influence)
    return sqrt(float(pulls @ pulls))


def average_precision(positive: Array, scores: Array) -> float:
    """Area under the precision-recall curve as a sum over thresholds: sum of (R_k - R_(k-1)) · P_k.

    Source: scikit-learn's definition.
    """
    _, levels = np.unique(-scores, return_inverse=True)
    return float(average_precision_of(np.bincount(levels, positive), np.bincount(levels)))


def average_precision_sums(positive: Array, scores: Array, sample: Sample) -> Array:
    """Positive and all rows of each score level by group, best level first; shape (groups, 2 · levels).

    Levels are the scores of positive rows, because recall changes nowhere else: all of them, or where there are more
    than 200 their quantiles. Rows below the last positive one do not count.
    """
    levels = np.unique(-scores[positive])
    if levels.size > LEVELS:
        quantiles = np.quantile(-scores[positive], np.linspace(0, 1, LEVELS + 1)[1:], method="higher")
        levels = np.unique(quantiles)
    places = np.searchsorted(levels, -scores)
    counts = (sample.counts(places, levels.size + 1, column)[:, :-1] for column in (positive.astype(float), None))
    return np.hstack(list(counts))


def average_precision_replicates(sums: Array, value: float, sample: Sample) -> Array:
    """The average precision of each replicate of the sums; 0 where none of its rows is positive.

    What the levels leave out is about the same in every replicate and in the rows themselves, whose `value` is exact.
    """
    left_out = value - average_precision_of(*np.split(sums.sum(axis=0), 2))
    replicates = average_precision_of(*np.split(sample.replicates(sums), 2, axis=-1))
    return np.clip(replicates + left_out, 0, 1)


def roc_curve(positive: Array, scores: Array) -> tuple[Array, Array]:
    """False and true positive rate at every threshold, from (0, 0) to (1, 1)."""
    hits, rows = _cumulated(positive, scores)
    false = (rows - hits) / max(rows[-1] - hits[-1], 1)
    return np.concatenate([[0.0], false]), np.concatenate([[0.0], hits / max(hits[-1], 1)])


def precision_recall_curve(positive: Array, scores: Array) -> tuple[Array, Array]:
    """Recall and precision at every threshold, the highest first."""
    hits, rows = _cumulated(positive, scores)
    return hits / max(hits[-1], 1), hits / rows


def _cumulated(positive: Array, scores: Array) -> tuple[Array, Array]:
    _, levels = np.unique(-scores, return_inverse=True)
    return np.cumsum(np.bincount(levels, positive)), np.cumsum(np.bincount(levels))


def average_precision_of(hits: Array, rows: Array) -> Array:
    """The average precision from positive and all rows of each level (floats), best first, along the last axis."""
    all_hits, all_rows = np.cumsum(hits, axis=-1), np.cumsum(rows, axis=-1)
    precision = np.divide(all_hits, all_rows, out=np.zeros_like(all_hits), where=all_rows > 0)
    total = all_hits[..., -1]
    area = (hits * precision).sum(axis=-1)
    averages: Array = np.divide(area, total, out=np.zeros_like(area), where=total > 0)
    return averages


def _midranks(values: Array) -> Array:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    midranks: Array = (last - (counts - 1) / 2)[places]
    return midranks


def unbiased(rows: int) -> float:
    """The factor by which a standard deviation about an estimated mean is too small."""
    return sqrt(rows / (rows - 1)) if rows > 1 else 1.0

"""What a metric should be on rows without labels, if scores mean what they meant on the labelled holdout.

All of it is an estimate: it follows the scores, so it sees that rows have become harder, and never that the same scores
come true less often than before (concept drift).
"""

from collections.abc import Iterable, Sequence
from itertools import accumulate, groupby
from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

from .proportions import wilson_interval

# One number for each group of rows with similar scores, in the order of the scores.
ByGroup = Sequence[float]

# Ratios of fewer rows are far from normal: simulated, their intervals miss one time in four instead of one in twenty.
MIN_ROWS_OF_RATIO = 30
# Like the worst of the holdout, which a window may have more of than it had.
UNSEEN_ROWS = 2

_NORMAL = NormalDist()


class Estimate(NamedTuple):
    """An estimated metric and its two standard errors, which do not depend on each other.

    `of_labels`: by how much luck alone may part the labels of these rows, which nobody knows yet, from their chances.
    `of_holdout`: how far the chances may be wrong, because the holdout has only so many rows. `step` is the most by
    which the label of one row can change a share, and `unseen` what the holdout may have missed of an error, because
    few rows make much of it.
    """

    value: float
    of_labels: float
    of_holdout: float
    step: float = 0.0
    unseen: float = 0.0

    @property
    def error(self) -> float:
        """The standard error of what the labels will say."""
        return sqrt(self.of_labels**2 + self.of_holdout**2)

    def share_interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Two-sided interval of a share: Wilson's, of as many rows as would have the same standard error.

        Labels come row by row, so half a step is added on either side (continuity correction): where few are wrong, the
        labels are likely to say exactly 1.
        """
        if self.error == 0:
            return self.value, self.value
        # A share of 0 or 1 would have no spread of its own.
        margin = min(self.error, 0.5)
        inside = min(max(self.value, margin), 1 - margin)
        low, high = wilson_interval(self.value, inside * (1 - inside) / self.error**2, confidence)
        return max(low - self.step / 2, 0.0), min(high + self.step / 2, 1.0)

    def loss_interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Two-sided interval of an error in the unit of the label: normal, not below 0, and with what is unseen."""
        reach = _NORMAL.inv_cdf((1 + confidence) / 2) * self.error
        return max(self.value - reach, 0.0), self.value + reach + self.unseen

    def of_share(self, share: float) -> "Estimate":
        """What is known of it if only a share of the rows gets a label, whose luck is that of fewer rows."""
        return self._replace(of_labels=self.of_labels / sqrt(share), step=self.step / share)


class Chances(NamedTuple):
    """How likely what the scores of a group claim is to come true, and from how many independent rows that is known.

    `bounded` are the chances that variances are worked out from: none is quite sure.
    """

    values: ByGroup
    bounded: ByGroup
    holdout_rows: ByGroup


def chances_of(values: ByGroup, holdout_rows: ByGroup) -> Chances:
    """Chances that were fitted on so many independent rows of the holdout, group by group.

    Groups with one chance share their rows, and none is surer than if one more of these rows had been otherwise.
    """
    bounded: list[float] = []
    for value, same in groupby(zip(values, holdout_rows, strict=True), key=lambda group: group[0]):
        rows = [of_group for _, of_group in same]
        limit = 1 / (sum(rows) + 2)
        bounded += [min(max(value, limit), 1 - limit)] * len(rows)
    return Chances(values, bounded, holdout_rows)


def estimate_right(rows: ByGroup, chances: Chances, design_effect: float = 1.0) -> Estimate:
    """The accuracy, if a chance is that of the answer being right: sum of n_g p_g / n.

    `design_effect` is how many rows tell as much as one independent row, at least 1; the same in all functions here.
    """
    each = [1 / sum(rows)] * len(rows)
    value = _product(rows, chances.values) / sum(rows)
    return _estimate(value, [(rows, each)], chances, design_effect)


def estimate_classes(
    others: ByGroup, positives: ByGroup, chances: Chances, design_effect: float = 1.0
) -> dict[str, Estimate | None]:
    """Metrics of a classification with a positive class, by name; None where fewer than 30 rows are expected to tell,
    here or on the holdout.

    `positives` are the rows that were answered with that class, by group, and `others` the rest. With p the chance of a
    row to be positive: TP = sum of p over the positives, FN = sum of p over the others, and so on. The variance of the
    labels is Poisson-binomial, sum of d² p (1 - p) with d the derivative of the metric by p (delta method). Source of
    the estimates: NannyML's CBPE; of the variance: simulated in the tests.
    """
    p, n_positives = chances.values, sum(positives)
    n = n_positives + sum(others)
    hits, misses = _product(positives, p), _product(others, p)
    actual = hits + misses

    def estimate(part: float, whole: float, of_others: float, of_positives: float) -> Estimate:
        """A ratio, by how much a positive label of either raises part - ratio · whole."""
        pulls = [(others, [of_others / whole] * len(p)), (positives, [of_positives / whole] * len(p))]
        return _estimate(part / whole, pulls, chances, design_effect)

    accuracy = estimate(hits + sum(others) - misses, n, -1, 1)
    rows = [one + other for one, other in zip(positives, others, strict=True)]
    known = _product(chances.holdout_rows, p)
    of_either = min(actual, n - actual, known, sum(chances.holdout_rows) - known)
    area = _roc_auc(rows, chances, design_effect) if of_either >= MIN_ROWS_OF_RATIO else None
    if min(n_positives, actual, known) < MIN_ROWS_OF_RATIO:
        return {"accuracy": accuracy, "precision": None, "recall": None, "f1_score": None, "roc_auc": area}
    recall, f1 = hits / actual, 2 * hits / (n_positives + actual)
    return {
        "accuracy": accuracy,
        "precision": estimate(hits, n_positives, 0, 1),
        "recall": estimate(hits, actual, -recall, 1 - recall),
        "f1_score": estimate(2 * hits, n_positives + actual, -f1, 2 - f1),
        "roc_auc": area,
    }


def _roc_auc(rows: ByGroup, chances: Chances, design_effect: float) -> Estimate:
    """Chance that a positive row is in a higher group than a negative one, the same group counting half.

    Its derivative by the chance of a row of group g is (negatives below - positives above - A (N - P)) / (P N).
    """
    positives = [n * p for n, p in zip(rows, chances.values, strict=True)]
    negatives = [n - p for n, p in zip(rows, positives, strict=True)]
    pairs = sum(positives) * sum(negatives)
    below = [until - own / 2 for until, own in zip(accumulate(negatives), negatives, strict=True)]
    above = [sum(positives) - until + own / 2 for until, own in zip(accumulate(positives), positives, strict=True)]
    area = _product(positives, below) / pairs
    imbalance = area * (sum(negatives) - sum(positives))
    pulls = [(lower - higher - imbalance) / pairs for lower, higher in zip(below, above, strict=True)]
    return _estimate(area, [(rows, pulls)], chances, design_effect)


def estimate_loss(
    rows: ByGroup,
    losses: ByGroup,
    variances: ByGroup,
    holdout_rows: ByGroup,
    greatest: float,
    design_effect: float = 1.0,
) -> Estimate:
    """The mean loss of a regression: sum of n_g l_g / n, with the mean and variance of each group's losses.

    It sees only that predictions have moved to where the model erred more, or less, on its holdout. Where losses are
    skewed, a holdout most often has too few of the large ones, and too small a variance with them: two more rows like
    the greatest are allowed for.
    """
    n = sum(rows)
    shares = [each / n for each in rows]
    of_labels = _product(shares, variances) * design_effect / n
    of_holdout = sum(
        share**2 * variance / known for share, variance, known in zip(shares, variances, holdout_rows, strict=True)
    )
    unseen = greatest * (UNSEEN_ROWS / sum(holdout_rows) + design_effect / n)
    return Estimate(_product(shares, losses), sqrt(of_labels), sqrt(of_holdout), unseen=unseen)


def root_of(mean_square: Estimate) -> Estimate:
    """The root of an estimated mean square, by the delta method."""
    root = sqrt(mean_square.value)
    slope = 1 / (2 * root) if root else 0.0
    errors = (mean_square.of_labels * slope, mean_square.of_holdout * slope)
    return Estimate(root, *errors, unseen=mean_square.unseen * slope)


def _estimate(
    value: float, pulls: Iterable[tuple[ByGroup, ByGroup]], chances: Chances, design_effect: float
) -> Estimate:
    """With the errors that follow from how far the label of one row of each group pulls the value.

    `pulls` has rows and pulls for each answer. Chances are wrong for all rows of a group at once, so their pulls add.
    """
    variances = [chance * (1 - chance) for chance in chances.bounded]
    of_labels, step, together = 0.0, 0.0, [0.0] * len(variances)
    for rows, by_row in pulls:
        step = max(step, *map(abs, by_row))
        for place, (n, pull, variance) in enumerate(zip(rows, by_row, variances, strict=True)):
            of_labels += n * pull**2 * variance
            together[place] += n * pull
    known = zip(together, variances, chances.holdout_rows, strict=True)
    of_holdout = sum(pull**2 * variance / rows for pull, variance, rows in known)
    return Estimate(value, sqrt(of_labels * design_effect), sqrt(of_holdout), step)


def _product(one: ByGroup, other: ByGroup) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))

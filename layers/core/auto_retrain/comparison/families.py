"""Metrics that are functions of sums over rows, in families that share their sums."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from ..domain.metric_kinds import ROW_METRIC
from ..statistics.classification import class_scores, class_sums
from ..statistics.probabilities import CALIBRATION_BINS, probability_scores, probability_sums
from ..statistics.regression import regression_scores, regression_sums
from ..statistics.resampling import Sample
from .predictions import Predictions

Array = np.ndarray[Any, Any]
Scores = Callable[[Array], dict[str, Array]]

# Those of all other metrics are sums by class.
_FAMILIES = {
    **dict.fromkeys(("rmse", "mae", "r2"), "numbers"),
    **dict.fromkeys(("log_loss", "brier_score", "calibration_error"), "probabilities"),
    ROW_METRIC: "rows",
}


def count_columns(metric: str, classes: int) -> int:
    """How many sums of each group a metric is made of."""
    family = _FAMILIES.get(metric, "classes")
    return {"numbers": 5, "classes": 3 * classes, "probabilities": 3 + 3 * CALIBRATION_BINS, "rows": 2}[family]


def is_of_probabilities(metric: str) -> bool:
    """Whether a metric that is no area is made of probabilities."""
    return _FAMILIES.get(metric) == "probabilities"


class Family:
    """Metrics made of the same sums over rows; their replicates are computed when they are first asked for."""

    def __init__(
        self,
        sums: Array,
        scores: Scores,
        sample: Sample,
        totals: dict[str, Array],
    ) -> None:
        self._sums, self._scores, self._sample = sums, scores, sample
        self.values = {name: float(value) for name, value in scores(sums.sum(axis=0)).items()}
        # Sums by group that a metric follows: of two versions on the same rows, a larger sum is a larger metric.
        self.totals = totals

    @cached_property
    def replicates(self) -> dict[str, Array]:
        return self._scores(self._sample.replicates(self._sums))


def families_of(answers: Predictions, positive: int | None, sample: Sample) -> list[Family]:
    """The families that a version's answers allow; `positive` is the code of the class that some of them are about."""
    return families_from(sums_of(answers, positive, sample), positive, sample)


def sums_of(
    answers: Predictions,
    positive: int | None,
    sample: Sample,
    origin: float | None = None,
    metric: str | None = None,
) -> dict[str, Array]:
    """The sums by group of each family, by its name, or of that of one metric; those of parts of the rows may be added.

    Labels that are numbers are counted from an `origin`, which is their mean unless the parts need a common one.
    """
    labels, predicted, classes, scores, own = (
        answers.labels,
        answers.predictions,
        answers.classes,
        answers.scores,
        answers.row_metric,
    )
    wanted = None if metric is None else _FAMILIES.get(metric, "classes")
    sums = {}
    if classes is None and wanted in (None, "numbers"):
        sums["numbers"] = regression_sums(labels, predicted, sample, origin)
    if classes is not None and wanted in (None, "classes"):
        sums["classes"] = class_sums(labels, predicted, classes.size, sample)
    if scores is not None and wanted in (None, "probabilities"):
        sums["probabilities"] = probability_sums(labels, scores, positive, sample)
    if own is not None and wanted in (None, "rows"):
        sums["rows"] = sample.sums(np.ones(answers.rows), own)
    return sums


def families_from(sums: dict[str, Array], positive: int | None, sample: Sample) -> list[Family]:
    """The families of these sums."""
    scores: dict[str, Scores] = {
        "numbers": regression_scores,
        "classes": lambda some: class_scores(some, positive),
        "probabilities": probability_scores,
        "rows": lambda some: {ROW_METRIC: some[..., 1] / some[..., 0]},
    }
    return [Family(of_family, scores[name], sample, _totals(name, of_family)) for name, of_family in sums.items()]


def _totals(name: str, sums: Array) -> dict[str, Array]:
    if name == "numbers":
        absolute, squared = sums[:, 1], sums[:, 2]
        return {"rmse": squared, "mae": absolute, "r2": -squared}
    if name == "classes":
        return {"accuracy": sums[:, : sums.shape[1] // 3].sum(axis=1)}
    return {"log_loss": sums[:, 1], "brier_score": sums[:, 2]} if name == "probabilities" else {ROW_METRIC: sums[:, 1]}

"""The metrics for comparing versions: the task of each, and which direction is better."""

from enum import StrEnum
from typing import Any, Literal, NamedTuple, TypeVar

# Arrays are untyped here because not every function has numpy.
Numbers = TypeVar("Numbers", float, Any)


class Task(StrEnum):
    """What a model predicts: a class or a number."""

    CLASSIFICATION = "classification"
    REGRESSION = "regression"


class MetricKind(NamedTuple):
    """`best` is the value of a perfect model; if None, the improvement basis error_reduction is not possible."""

    task: Task | None
    higher_is_better: bool
    best: float | None

    @property
    def is_in_units_of_label(self) -> bool:
        """Whether it is an error of a regression, in the unit of the label, and not a share."""
        return self.task is Task.REGRESSION and not self.higher_is_better

    def gain(self, challenger: Numbers, champion: Numbers) -> Numbers:
        """How much better the challenger is, in units of the metric; for single numbers or arrays."""
        return challenger - champion if self.higher_is_better else champion - challenger


_SHARE = MetricKind(Task.CLASSIFICATION, True, 1.0)
_LOSS = MetricKind(Task.CLASSIFICATION, False, 0.0)
_ERROR = MetricKind(Task.REGRESSION, False, 0.0)

# A regression that is compared by one of these is judged by squared errors, otherwise by absolute ones.
OF_SQUARES = frozenset({"rmse", "r2"})

# Their values may lie beyond 0 and 1.
UNBOUNDED = frozenset({"log_loss", "rmse", "mae", "r2"})

# They need the order of all rows, where other metrics are made of sums.
AREAS = ("roc_auc", "pr_auc")

# The user's own metric; the scoring container computes a value for each row.
ROW_METRIC = "row_metric"

MetricName = Literal[
    "accuracy",
    "balanced_accuracy",
    "precision",
    "recall",
    "f1_score",
    "precision_macro",
    "recall_macro",
    "f1_macro",
    "precision_weighted",
    "recall_weighted",
    "f1_weighted",
    "roc_auc",
    "pr_auc",
    "log_loss",
    "brier_score",
    "calibration_error",
    "rmse",
    "mae",
    "r2",
    "row_metric",
]
METRICS: dict[str, MetricKind] = {
    "accuracy": _SHARE,
    "balanced_accuracy": _SHARE,
    "precision": _SHARE,
    "recall": _SHARE,
    "f1_score": _SHARE,
    "precision_macro": _SHARE,
    "recall_macro": _SHARE,
    "f1_macro": _SHARE,
    "precision_weighted": _SHARE,
    "recall_weighted": _SHARE,
    "f1_weighted": _SHARE,
    "roc_auc": _SHARE,
    "pr_auc": _SHARE,
    "log_loss": _LOSS,
    "brier_score": _LOSS,
    "calibration_error": _LOSS,
    "rmse": _ERROR,
    "mae": _ERROR,
    "r2": MetricKind(Task.REGRESSION, True, 1.0),
    ROW_METRIC: MetricKind(None, True, None),
}

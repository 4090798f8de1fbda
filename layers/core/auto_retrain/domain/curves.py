"""Curves of one version on the holdout rows, thinned so that a page can hold them."""

from .base import Record

Points = tuple[tuple[float, float], ...]


class Curves(Record):
    """ROC: false and true positive rate. Precision-recall: recall and precision.

    Calibration: mean claimed probability and frequency of each bin.
    """

    roc: Points = ()
    precision_recall: Points = ()
    calibration: Points = ()

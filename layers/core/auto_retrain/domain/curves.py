"""Curves of one version on the holdout rows, thinned to fit on a page."""

from .base import Record

Points = tuple[tuple[float, float], ...]


class Curves(Record):
    """Points (x, y). ROC: false and true positive rate. Precision-recall: recall and precision.

    Calibration: mean predicted probability and observed frequency of each bin, of so many rows.
    """

    roc: Points = ()
    precision_recall: Points = ()
    calibration: Points = ()
    calibration_rows: tuple[int, ...] = ()

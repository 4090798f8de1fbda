"""The curves of one version, from its predictions."""

from typing import Any

import numpy as np

from ..domain.curves import Curves, Points
from ..statistics.probabilities import calibration_curve
from ..statistics.ranking import precision_recall_curve, roc_curve
from .version_metrics import Metrics

Array = np.ndarray[Any, Any]

MAX_POINTS = 200


def curves_of(version: Metrics) -> Curves | None:
    """Every curve that the version has; None without probabilities, calibration alone without a positive class."""
    labels, scores, positive = version.predictions.labels, version.predictions.scores, version.positive
    if scores is None:
        return None
    bins = calibration_curve(labels, scores, positive)
    calibration = tuple((round(claimed, 4), round(frequency, 4)) for claimed, frequency, _ in bins)
    calibration_rows = tuple(rows for _, _, rows in bins)
    if positive is None or not version.areas.names:
        return Curves(calibration=calibration, calibration_rows=calibration_rows)
    is_positive, positive_scores = labels == positive, scores[:, positive]
    return Curves(
        roc=_thinned(*roc_curve(is_positive, positive_scores)),
        precision_recall=_thinned(*precision_recall_curve(is_positive, positive_scores)),
        calibration=calibration,
        calibration_rows=calibration_rows,
    )


def _thinned(across: Array, up: Array) -> Points:
    """Points at about equal distances along the curve, its ends among them."""
    along = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(across)) + np.abs(np.diff(up)))])
    wanted = np.linspace(0, along[-1], MAX_POINTS)
    places = np.unique(np.minimum(np.searchsorted(along, wanted), along.size - 1))
    return tuple((round(float(across[k]), 4), round(float(up[k]), 4)) for k in places)

"""The curves of one version, from its predictions."""

import numpy as np

from ..domain.curves import Curves, Points
from ..statistics.probabilities import calibration_curve
from ..statistics.ranking import precision_recall_curve, roc_curve
from .metrics import Array, Measured

MOST_POINTS = 200


def curves_of(measured: Measured) -> Curves | None:
    """None where there are no probabilities; no ROC without a positive class, of which it is."""
    found = measured.predictions
    if found.scores is None:
        return None
    calibration = calibration_curve(found.labels, found.scores, measured.positive)
    points = tuple((round(claimed, 4), round(seen, 4)) for claimed, seen, _ in calibration)
    if measured.positive is None or not measured.has_areas:
        return Curves(calibration=points)
    of_class, scores = found.labels == measured.positive, found.scores[:, measured.positive]
    return Curves(
        roc=_thinned(*roc_curve(of_class, scores)),
        precision_recall=_thinned(*precision_recall_curve(of_class, scores)),
        calibration=points,
    )


def _thinned(across: Array, up: Array) -> Points:
    """Points at about equal distances along the curve, its ends among them."""
    along = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(across)) + np.abs(np.diff(up)))])
    wanted = np.linspace(0, along[-1], MOST_POINTS)
    places = np.unique(np.minimum(np.searchsorted(along, wanted), along.size - 1))
    return tuple((round(float(across[k]), 4), round(float(up[k]), 4)) for k in places)

"""Metrics of probabilities agree with scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics as reference
from sklearn.calibration import calibration_curve as reference_curve

from auto_retrain.statistics.probabilities import calibration_curve, probability_scores, probability_sums
from auto_retrain.statistics.resampling import Sample


def some(rows: int, n_classes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels, and probabilities that know something about them; some are 0 and 1."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, n_classes, rows)
    raw = random.random((rows, n_classes)) + np.eye(n_classes)[labels]
    raw[: rows // 20] = np.eye(n_classes)[random.integers(0, n_classes, rows // 20)]
    return labels, raw / raw.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("rows", [300, 3000])
@pytest.mark.parametrize("n_classes", [2, 3, 6])
def test_scores_agree_with_scikit_learn(n_classes: int, rows: int) -> None:
    labels, scores = some(rows, n_classes, seed=rows)
    positive = 1 if n_classes == 2 else None
    sums = probability_sums(labels, scores, positive, Sample(rows, seed=0)).sum(axis=0)
    metrics = probability_scores(sums)

    claimed = scores[:, 1] if n_classes == 2 else scores
    every = list(range(n_classes))
    assert metrics["log_loss"] == pytest.approx(reference.log_loss(labels, scores, labels=every), abs=1e-12)
    brier = reference.brier_score_loss(labels, claimed, labels=every)
    assert metrics["brier_score"] == pytest.approx(brier, abs=1e-12)


def test_the_calibration_error_is_the_mean_distance_of_the_calibration_curve() -> None:
    labels, scores = some(5000, 2, seed=1)
    curve = calibration_curve(labels, scores, 1)
    frequency, claimed = reference_curve(labels, scores[:, 1], n_bins=10)
    assert np.array(curve)[:, :2] == pytest.approx(np.column_stack([claimed, frequency]), abs=1e-12)

    sums = probability_sums(labels, scores, 1, Sample(5000, seed=0)).sum(axis=0)
    weighted = sum(abs(point[0] - point[1]) * point[2] for point in curve) / 5000
    assert probability_scores(sums)["calibration_error"] == pytest.approx(weighted, abs=1e-12)


def test_well_calibrated_probabilities_have_next_to_no_calibration_error() -> None:
    random = np.random.default_rng(2)
    claimed = random.random(100_000)
    labels = (random.random(100_000) < claimed).astype(int)
    scores = np.column_stack([1 - claimed, claimed])
    sums = probability_sums(labels, scores, 1, Sample(100_000, seed=0)).sum(axis=0)
    assert probability_scores(sums)["calibration_error"] < 0.01

"""Metrics agree with scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

from auto_retrain.statistics.classification import score_classification


@pytest.mark.parametrize("n_classes", [2, 3, 7])
@pytest.mark.parametrize("seed", range(5))
def test_scores_agree_with_scikit_learn(n_classes: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    labels = random.integers(0, n_classes, 200)
    predictions = np.where(random.random(200) < 0.7, labels, random.integers(0, n_classes, 200))
    positive = 1 if n_classes == 2 else None
    average = "binary" if n_classes == 2 else "macro"
    scores = score_classification(labels, predictions, n_classes, positive)
    expected = precision_recall_fscore_support(labels, predictions, average=average, zero_division=0)
    assert scores.accuracy == pytest.approx(accuracy_score(labels, predictions), abs=1e-12)
    assert (scores.precision, scores.recall, scores.f1_score) == pytest.approx(expected[:3], abs=1e-12)


def test_a_class_that_is_never_predicted_scores_zero_instead_of_failing() -> None:
    scores = score_classification(np.array([1, 1, 0]), np.array([0, 0, 0]), 2, 1)
    assert (scores.precision, scores.recall, scores.f1_score) == (0, 0, 0)

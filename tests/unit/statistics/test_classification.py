"""Metrics of classes agree with scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics as reference

from auto_retrain.statistics.classification import class_scores, class_sums, confusion_matrix
from auto_retrain.statistics.resampling import Sample


def scores_of(labels: np.ndarray, predictions: np.ndarray, n_classes: int, positive: int | None) -> dict[str, float]:
    sums = class_sums(labels, predictions, n_classes, Sample(labels.size, seed=0))
    return {name: float(value) for name, value in class_scores(sums.sum(axis=0), positive).items()}


@pytest.mark.parametrize("rows", [200, 3000])
@pytest.mark.parametrize("n_classes", [2, 3, 7])
@pytest.mark.parametrize("seed", range(3))
def test_scores_agree_with_scikit_learn(n_classes: int, seed: int, rows: int) -> None:
    random = np.random.default_rng(seed)
    labels = random.integers(0, n_classes, rows)
    predictions = np.where(random.random(rows) < 0.7, labels, random.integers(0, n_classes, rows))
    scores = scores_of(labels, predictions, n_classes, 1 if n_classes == 2 else None)

    expected = {
        "accuracy": reference.accuracy_score(labels, predictions),
        "balanced_accuracy": reference.balanced_accuracy_score(labels, predictions),
    }
    own = "binary" if n_classes == 2 else "macro"
    for average, names in (
        (own, ("precision", "recall", "f1_score")),
        ("macro", ("precision_macro", "recall_macro", "f1_macro")),
        ("weighted", ("precision_weighted", "recall_weighted", "f1_weighted")),
    ):
        averaged = reference.precision_recall_fscore_support(labels, predictions, average=average, zero_division=0)
        expected |= dict(zip(names, averaged[:3], strict=True))
    assert scores == pytest.approx(expected, abs=1e-12)
    matrix = confusion_matrix(labels, predictions, n_classes)
    assert np.array_equal(matrix, reference.confusion_matrix(labels, predictions))


def test_a_class_that_is_never_predicted_scores_zero_instead_of_failing() -> None:
    scores = scores_of(np.array([1, 1, 0]), np.array([0, 0, 0]), 2, 1)
    assert (scores["precision"], scores["recall"], scores["f1_score"]) == (0, 0, 0)


def test_a_class_that_does_not_occur_counts_in_no_average() -> None:
    labels, predictions = np.array([0, 0, 2]), np.array([0, 2, 2])
    scores = scores_of(labels, predictions, 4, None)
    assert scores["f1_macro"] == pytest.approx(reference.f1_score(labels, predictions, average="macro"), abs=1e-12)

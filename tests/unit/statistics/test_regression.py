"""Metrics of numbers agree with scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics as reference

from auto_retrain.statistics.regression import regression_scores, regression_sums
from auto_retrain.statistics.resampling import Sample


@pytest.mark.parametrize("rows", [50, 5000])
@pytest.mark.parametrize("origin", [0.0, 1e6])
def test_scores_agree_with_scikit_learn(rows: int, origin: float) -> None:
    random = np.random.default_rng(rows)
    labels = origin + random.normal(size=rows)
    predictions = labels + random.normal(0.1, 0.5, rows)
    scores = regression_scores(regression_sums(labels, predictions, Sample(rows, seed=0)).sum(axis=0))
    expected = {
        "rmse": reference.root_mean_squared_error(labels, predictions),
        "mae": reference.mean_absolute_error(labels, predictions),
        "r2": reference.r2_score(labels, predictions),
    }
    assert {name: float(value) for name, value in scores.items()} == pytest.approx(expected, abs=1e-12, rel=1e-12)


def test_nothing_explains_labels_that_are_all_the_same() -> None:
    scores = regression_scores(regression_sums(np.ones(5), np.arange(5.0), Sample(5, seed=0)).sum(axis=0))
    assert scores["r2"] == -np.inf

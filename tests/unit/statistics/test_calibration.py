"""Chances follow from scores as scikit-learn fits them, and are fitted only if that brings them closer to the truth."""

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from auto_retrain.statistics.calibration import (
    MAX_GROUPS,
    MIN_ROWS_OF_GROUP,
    calibrate,
    calibration_error,
    edges_of,
    groups_of,
)


def overconfident(chances: np.ndarray) -> np.ndarray:
    return chances**2 / (chances**2 + (1 - chances) ** 2)


def labelled(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """True chances, and what came true."""
    random = np.random.default_rng(seed)
    chances = random.beta(0.6, 0.9, rows)
    return chances, random.random(rows) < chances


def test_overconfident_scores_are_fitted_and_get_closer_to_the_truth() -> None:
    chances, came_true = labelled(5000, seed=1)
    scores = overconfident(chances)
    fit = calibrate(scores, came_true, edges_of(scores))
    assert fit.is_fitted
    assert fit.error < fit.raw_error / 2
    fitted = fit.chances[groups_of(scores, edges_of(scores))]
    assert np.abs(fitted - chances).mean() < np.abs(scores - chances).mean() / 2


def test_calibrated_scores_are_seldom_fitted_where_rows_are_few() -> None:
    def is_fitted(seed: int) -> bool:
        scores, came_true = labelled(500, seed)
        return calibrate(scores, came_true, edges_of(scores)).is_fitted

    # A coin's throw: neither is closer. Of scores that are far off, each is fitted.
    assert sum(is_fitted(seed) for seed in range(60)) < 45


def test_fitted_chances_agree_with_scikit_learn() -> None:
    chances, came_true = labelled(3000, seed=2)
    scores = np.round(overconfident(chances), 2)
    edges = np.unique(scores)[1:]
    theirs = IsotonicRegression().fit(scores, came_true).predict(np.unique(scores))
    assert calibrate(scores, came_true, edges).chances == pytest.approx(theirs, abs=1e-12)


def test_groups_are_of_about_equal_size_and_equal_scores_stay_together() -> None:
    scores = np.random.default_rng(3).random(10_000)
    sizes = np.bincount(groups_of(scores, edges_of(scores)))
    assert sizes.size == MAX_GROUPS
    assert sizes.min() > 90
    assert sizes.max() < 110
    coarse = np.repeat([0.2, 0.2, 0.9], 40)
    assert np.bincount(groups_of(coarse, edges_of(coarse))).tolist() == [80, 40]


def test_few_rows_make_few_groups_and_one_score_makes_one() -> None:
    assert edges_of(np.linspace(0, 1, 40)).size + 1 == 40 // MIN_ROWS_OF_GROUP
    assert edges_of(np.full(1000, 0.5)).size == 0
    assert edges_of(np.array([0.5])).size == 0


def test_the_error_of_chances_is_their_distance_from_what_came_true() -> None:
    came_true = np.arange(1000) % 2 == 0
    assert calibration_error(np.full(1000, 0.5), came_true) == pytest.approx(0.0, abs=1e-12)
    assert calibration_error(np.full(1000, 0.9), came_true) == pytest.approx(0.4, abs=1e-12)


def test_the_same_rows_are_fitted_the_same_each_time() -> None:
    scores, came_true = labelled(800, seed=4)
    first, second = (calibrate(scores, came_true, edges_of(scores)) for _ in range(2))
    assert first.error == second.error
    assert (first.chances == second.chances).all()

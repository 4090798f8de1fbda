"""Chances follow from scores as scikit-learn fits them, in groups that do not depend on how scores are written."""

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from auto_retrain.statistics.calibration import (
    MAX_GROUPS,
    MIN_ROWS_OF_GROUP,
    calibration_error,
    edges_of,
    fit_chances,
    groups_of,
)


def overconfident(chances: np.ndarray) -> np.ndarray:
    return chances**2 / (chances**2 + (1 - chances) ** 2)


def labelled(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """True chances, and what came true."""
    random = np.random.default_rng(seed)
    chances = random.beta(0.6, 0.9, rows)
    return chances, random.random(rows) < chances


def test_fitted_chances_of_overconfident_scores_are_closer_to_the_truth() -> None:
    chances, came_true = labelled(5000, seed=1)
    scores = overconfident(chances)
    places = groups_of(scores, edges_of(scores))
    fitted = fit_chances(places, came_true)[places]
    assert np.abs(fitted - chances).mean() < np.abs(scores - chances).mean() / 2


def test_fitted_chances_agree_with_scikit_learn() -> None:
    chances, came_true = labelled(3000, seed=2)
    scores = np.round(overconfident(chances), 2)
    places = groups_of(scores, np.unique(scores)[1:])
    theirs = IsotonicRegression().fit(scores, came_true).predict(np.unique(scores))
    assert fit_chances(places, came_true) == pytest.approx(theirs, abs=1e-12)


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


@pytest.mark.parametrize("written", [np.float32, lambda scores: np.round(scores, 4), lambda scores: 1 - (1 - scores)])
def test_scores_keep_their_group_if_they_are_written_with_fewer_digits(
    written: Callable[[np.ndarray], np.ndarray],
) -> None:
    """Those of a forest come in steps, and each edge is midway between two of them."""
    scores = np.random.default_rng(11).integers(0, 31, 3000) / 30
    edges = edges_of(scores)
    assert (groups_of(written(scores), edges) == groups_of(scores, edges)).all()


def test_an_edge_between_neighbouring_floats_leaves_no_group_empty() -> None:
    above = np.nextafter(0.5, 1)
    scores = np.repeat([0.5, above, np.nextafter(above, 1)], 40)
    assert np.bincount(groups_of(scores, edges_of(scores))).tolist() == [40, 40, 40]


def test_the_error_of_chances_is_their_distance_from_what_came_true() -> None:
    came_true = np.arange(1000) % 2 == 0
    assert calibration_error(np.full(1000, 0.5), came_true) == pytest.approx(0.0, abs=1e-12)
    assert calibration_error(np.full(1000, 0.9), came_true) == pytest.approx(0.4, abs=1e-12)


def test_the_error_of_tied_scores_does_not_depend_on_the_order_of_the_rows() -> None:
    random = np.random.default_rng(4)
    scores = random.choice([0.0, 0.2, 0.9, 1.0], 1000, p=[0.5, 0.1, 0.1, 0.3])
    came_true = random.random(1000) < 0.5
    ordered = np.lexsort((came_true, scores))
    error = calibration_error(scores, came_true)
    assert calibration_error(scores[ordered], came_true[ordered]) == pytest.approx(error, abs=1e-12)
    by_score = [abs((scores - came_true)[scores == each].sum()) for each in np.unique(scores)]
    assert error == pytest.approx(sum(by_score) / 1000, abs=1e-12)

"""Areas from counts of rows by score are those of the scores themselves, within what the cells say."""

import numpy as np
import pytest

from auto_retrain.statistics.cells import NO_CELLS, add_keys
from auto_retrain.statistics.ranking import roc_auc
from auto_retrain.statistics.score_levels import (
    ScoreLevels,
    area_of_counts,
    grouped_area,
    keys_of,
    levels_of,
    rows_by_cell,
)


def counted(positive: np.ndarray, scores: np.ndarray, most: int, parts: int = 1) -> np.ndarray:
    kinds = []
    for kind in (positive, ~positive):
        cells = NO_CELLS
        for some in np.array_split(scores[kind], parts):
            cells = add_keys(cells, keys_of(some), most)
        kinds.append(cells)
    return rows_by_cell(*kinds)


def test_keys_tell_all_scores_apart_and_are_in_their_order() -> None:
    scores = np.unique([0.0, 5e-324, 1e-300, 2.0**-40, 0.1, 0.3, 0.5, 0.7, 1 - 2.0**-53, 1.0, *np.linspace(0, 1, 999)])
    keys = keys_of(scores)
    assert (keys[1:] > keys[:-1]).all()
    assert keys_of(np.array([-0.0])) == keys_of(np.array([0.0]))


def test_cells_are_as_narrow_near_one_as_near_zero() -> None:
    scores = np.array([2.0**-30, 2.0**-10, 0.25])
    shift = np.uint64(40)
    near_zero, near_one = keys_of(scores) >> shift, keys_of(1 - scores) >> shift
    assert len({*(near_zero + near_one)}) == 1


@pytest.mark.parametrize("exponent", [1.0, 300.0])
def test_an_area_of_few_scores_is_that_of_the_scores_however_small_they_are(exponent: float) -> None:
    random = np.random.default_rng(3)
    scores = 10.0 ** (-exponent * random.random(3000))
    positive = random.random(3000) < scores ** (1 / exponent)
    area = area_of_counts(*counted(positive, scores, 4096, parts=3))
    assert area == pytest.approx(roc_auc(positive, scores).value, abs=1e-12)


@pytest.mark.parametrize("shape", [0.02, 0.5, 30.0])
def test_an_area_is_within_the_bound_that_its_cells_give_whatever_the_parts_are(shape: float) -> None:
    random = np.random.default_rng(3)
    scores = random.beta(shape, 3 * shape, 20_000)
    positive = random.random(20_000) < scores
    hits, misses = counted(positive, scores, 1024)
    error = abs(area_of_counts(hits, misses) - roc_auc(positive, scores).value)
    assert error <= (hits / hits.sum()) @ (misses / misses.sum()) / 2 + 1e-12
    assert error <= 1e-4
    assert np.array_equal(counted(positive, scores, 1024, parts=7), [hits, misses])


def test_few_score_levels_with_ties_give_the_exact_area_and_the_exact_pulls() -> None:
    random = np.random.default_rng(4)
    scores = random.integers(1, 8, 3000) / 8
    positive = random.random(3000) < scores
    groups = random.integers(50, size=3000)
    exact, levels = roc_auc(positive, scores), levels_of(positive, scores)
    places = np.searchsorted(levels, -scores)
    by_group = [
        np.bincount(groups[kind] * levels.size + places[kind], minlength=50 * levels.size).reshape(50, -1).astype(float)
        for kind in (positive, ~positive)
    ]
    hits, misses = counted(positive, scores, 4096)
    area = grouped_area(area_of_counts(hits, misses), *by_group)
    assert area.value == pytest.approx(exact.value, abs=1e-12)
    assert area.kinds == exact.kinds
    assert area.influence == pytest.approx(np.bincount(groups, exact.influence), abs=1e-12)


def test_levels_are_quantiles_of_either_kind() -> None:
    random = np.random.default_rng(5)
    scores = random.random(10_000)
    positive = scores > 0.99
    levels = levels_of(positive, scores, 40)
    assert levels.size <= 40
    assert np.count_nonzero(-levels > 0.99) >= 19


def test_each_score_of_few_positive_rows_is_a_level_of_its_own() -> None:
    random = np.random.default_rng(5)
    scores = random.random(10_000)
    positive = np.arange(10_000) < 20
    assert np.isin(-scores[positive], levels_of(positive, scores, 40)).all()


NEAR = 0.3 + 1e-12 * np.arange(500)
LEVELS = {
    "one": [0.25],
    "ends": [0.0, 0.5, 1.0],
    "quantiles": np.random.default_rng(1).beta(0.1, 2, 400),
    "all magnitudes": 10.0 ** -np.arange(300),
    "neighbours beside others": [*NEAR, 1e-200, 0.9, 1 - 2.0**-53],
}


@pytest.mark.parametrize("kind", LEVELS)
def test_the_level_of_each_score_is_that_of_a_search(kind: str) -> None:
    levels = np.unique(-np.array(LEVELS[kind]))
    scores = np.concatenate([-levels, np.random.default_rng(2).random(5000), 0.3 + 1e-12 * np.arange(0, 500, 0.25)])
    scores = np.concatenate([scores, [0.0, 1.0], np.nextafter(-levels, 0), np.minimum(np.nextafter(-levels, 2), 1)])
    found = ScoreLevels(levels)
    assert np.array_equal(found.of(keys_of(scores)), np.searchsorted(levels, -scores))
    assert found.number == levels.size + 1

"""Areas from counts of rows by score are those of the scores themselves, within what the cells say."""

import numpy as np
import pytest

from auto_retrain.statistics.ranking import roc_auc
from auto_retrain.statistics.score_levels import Cells, area_of_counts, grouped_area, largest_error, levels_of


def counted(positive: np.ndarray, scores: np.ndarray, bits: int) -> tuple[np.ndarray, np.ndarray]:
    cells = Cells(bits)
    best_first = cells.number - 1 - cells.of(scores)
    hits, misses = (np.bincount(best_first[kind], minlength=cells.number) for kind in (positive, ~positive))
    return hits.astype(float), misses.astype(float)


@pytest.mark.parametrize("bits", [10, 14])
def test_cells_keep_the_order_of_scores_and_are_symmetric(bits: int) -> None:
    cells = Cells(bits)
    scores = np.unique([0.0, 1e-300, 2.0**-40, 1e-9, 0.1, 0.3, 0.5, 0.7, 1 - 1e-9, 1.0, *np.linspace(0, 1, 999)])
    places = cells.of(scores)
    assert (np.diff(places) >= 0).all()
    assert (places.min(), places.max()) == (0, cells.number - 1)
    assert np.array_equal(cells.of(np.array([0.25, 0.125])), cells.number - 1 - cells.of(np.array([0.75, 0.875])))


@pytest.mark.parametrize("shape", [0.02, 0.5, 30.0])
@pytest.mark.parametrize("bits", [10, 14])
def test_an_area_is_within_the_bound_that_its_cells_give(shape: float, bits: int) -> None:
    random = np.random.default_rng(3)
    scores = random.beta(shape, 3 * shape, 20_000)
    positive = random.random(20_000) < scores
    hits, misses = counted(positive, scores, bits)
    error = abs(area_of_counts(hits, misses) - roc_auc(positive, scores).value)
    assert error <= largest_error(hits, misses) + 1e-12
    assert error <= 2e-4


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
    hits, misses = counted(positive, scores, 10)
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

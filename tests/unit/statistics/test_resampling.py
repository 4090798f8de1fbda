"""The bootstrap's intervals and p values err as often as they promise."""

import numpy as np
import pytest

from auto_retrain.statistics.classification import class_scores, class_sums
from auto_retrain.statistics.resampling import (
    MAX_GROUPS,
    REPLICATES,
    Sample,
    bootstrap_p_value,
    percentile_interval,
)


def f1_of(labels: np.ndarray, predictions: np.ndarray, sample: Sample) -> np.ndarray:
    return class_scores(sample.replicates(class_sums(labels, predictions, 2, sample)), positive=1)["f1_score"]


def test_the_same_seed_makes_the_same_draws() -> None:
    assert np.array_equal(Sample(500, 7).weights, Sample(500, 7).weights)
    assert not np.array_equal(Sample(500, 7).weights, Sample(500, 8).weights)


@pytest.mark.parametrize("rows", [1, 10, MAX_GROUPS, 5000])
def test_a_replicate_has_as_many_groups_as_there_are(rows: int) -> None:
    sample = Sample(rows, 0)
    assert sample.weights.shape == (REPLICATES, min(rows, MAX_GROUPS))
    assert (sample.weights.sum(axis=1) == sample.n_groups).all()
    assert sample.sums(np.ones(rows)).sum() == rows


def test_rows_of_one_entity_are_drawn_together() -> None:
    entities = np.repeat(np.arange(3000), 4)
    groups = Sample(12_000, 1, entities).groups.reshape(3000, 4)
    assert (groups == groups[:, :1]).all()


@pytest.mark.parametrize("rows", [200, 4000])
def test_an_equal_challenger_has_a_better_f1_by_chance_in_five_of_a_hundred_cases(rows: int) -> None:
    # The draws do not depend on the rows, so one set of them serves all runs.
    random, better, runs, sample = np.random.default_rng(rows), 0, 800, Sample(rows, 0)
    for _ in range(runs):
        labels = (random.random(rows) < 0.3).astype(int)
        one, other = (np.where(random.random(rows) < 0.15, 1 - labels, labels) for _ in range(2))
        better += bootstrap_p_value(f1_of(labels, one, sample) - f1_of(labels, other, sample)) <= 0.05
    assert better / runs <= 0.05 + 4 * (0.05 * 0.95 / runs) ** 0.5


@pytest.mark.parametrize("rows", [400, 4000])
def test_an_interval_covers_the_truth_in_95_of_100_cases(rows: int) -> None:
    # Each label wrong with probability 0.15, a third of them positive: 2·0.85·0.3 / (0.3 + 0.85·0.3 + 0.15·0.7).
    truth, random = 0.51 / 0.66, np.random.default_rng(rows)
    covered, runs, sample = 0, 600, Sample(rows, 0)
    for _ in range(runs):
        labels = (random.random(rows) < 0.3).astype(int)
        predictions = np.where(random.random(rows) < 0.15, 1 - labels, labels)
        low, high = percentile_interval(f1_of(labels, predictions, sample))
        covered += low <= truth <= high
    assert covered / runs == pytest.approx(0.95, abs=4 * (0.95 * 0.05 / runs) ** 0.5)


def test_an_interval_is_as_wide_as_the_number_of_entities_demands() -> None:
    random = np.random.default_rng(9)
    values = np.repeat(random.normal(size=200), 25)
    entities = np.repeat(np.arange(200), 25)

    def width(sample: Sample) -> float:
        drawn = sample.replicates(sample.sums(np.ones(5000), values))
        low, high = percentile_interval(drawn[:, 1] / drawn[:, 0])
        return high - low

    assert width(Sample(5000, 0, entities)) / width(Sample(5000, 0)) == pytest.approx(5, rel=0.1)


def test_models_that_never_differ_have_a_p_value_of_one_half() -> None:
    assert bootstrap_p_value(np.zeros(REPLICATES)) == pytest.approx(0.5, abs=0.001)


def test_an_unknown_gain_does_not_count_as_one() -> None:
    assert bootstrap_p_value(np.full(REPLICATES, np.nan)) == 1

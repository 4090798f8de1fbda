"""The bootstrap's intervals and p values err as often as they promise."""

from collections.abc import Iterable, Iterator
from itertools import islice, product

import numpy as np
import pytest
from scipy.special import ndtr, stdtr

from auto_retrain.statistics.classification import class_scores, class_sums
from auto_retrain.statistics.resampling import (
    MAX_GROUPS,
    REPLICATES,
    Sample,
    bootstrap_p_value,
    percentile_interval,
    sign_flip_p_value,
)


def f1_of_each(answers: Iterable[tuple[np.ndarray, np.ndarray]], sample: Sample) -> Iterator[np.ndarray]:
    """The replicates of F1 of each pair of labels and predictions; many of them are drawn together, which is faster."""
    for some in batched((class_sums(*each, 2, sample) for each in answers), 200):
        for drawn in np.split(sample.replicates(np.hstack(some)), len(some), axis=1):
            yield class_scores(drawn, positive=1)["f1_score"]


def batched(items: Iterable[np.ndarray], size: int) -> Iterator[list[np.ndarray]]:
    iterator = iter(items)
    return iter(lambda: list(islice(iterator, size)), [])


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
    random, runs, sample = np.random.default_rng(rows), 800, Sample(rows, 0)

    def answers() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for _ in range(runs):
            labels = (random.random(rows) < 0.3).astype(int)
            for _ in range(2):
                yield labels, np.where(random.random(rows) < 0.15, 1 - labels, labels)

    scores = f1_of_each(answers(), sample)
    better = sum(bootstrap_p_value(one - other, sample) <= 0.05 for one, other in zip(scores, scores, strict=True))
    assert better / runs <= 0.05 + 4 * (0.05 * 0.95 / runs) ** 0.5


@pytest.mark.parametrize("rows", [400, 4000])
def test_an_interval_covers_the_truth_in_95_of_100_cases(rows: int) -> None:
    # Each label wrong with probability 0.15, a third of them positive: 2·0.85·0.3 / (0.3 + 0.85·0.3 + 0.15·0.7).
    truth, random = 0.51 / 0.66, np.random.default_rng(rows)
    covered, runs, sample = 0, 600, Sample(rows, 0)

    def answers() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for _ in range(runs):
            labels = (random.random(rows) < 0.3).astype(int)
            yield labels, np.where(random.random(rows) < 0.15, 1 - labels, labels)

    for scores in f1_of_each(answers(), sample):
        low, high = percentile_interval(scores)
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
    assert bootstrap_p_value(np.zeros(REPLICATES), Sample(1000, 0)) == pytest.approx(0.5, abs=0.001)


def test_an_unknown_gain_does_not_count_as_one() -> None:
    assert bootstrap_p_value(np.full(REPLICATES, np.nan), Sample(1000, 0)) == 1


def test_a_p_value_goes_on_where_the_draws_end() -> None:
    sample, random = Sample(900, 0), np.random.default_rng(1)
    gains = random.normal(6, 1, REPLICATES)
    assert bootstrap_p_value(gains, sample) == pytest.approx(stdtr(899, -6), rel=0.5)
    assert bootstrap_p_value(gains - 4, sample) == pytest.approx(0.0228, abs=0.012)
    # The normal tail beyond six standard errors.
    advantages = np.full(900, 0.02) + np.tile([0.1, -0.1], 450)
    assert sign_flip_p_value(advantages, sample) == pytest.approx(ndtr(-18 / np.sqrt((advantages**2).sum())), rel=1e-9)


def test_few_units_give_no_small_p_value_whatever_they_say() -> None:
    for units in (1, 2, 5):
        sample = Sample(100 * units, 0, np.repeat(np.arange(units), 100))
        assert bootstrap_p_value(np.ones(REPLICATES), sample) == 0.5**units
        assert sign_flip_p_value(np.ones(units), sample) >= 0.5**units


@pytest.mark.parametrize(
    ("sizes", "expected"), [([50, 50], 2), ([1] * 60, 60), ([300, *[1] * 700], 11.025), ([100], 1)]
)
def test_a_large_entity_counts_for_itself_alone(sizes: list[int], expected: float) -> None:
    entities = np.repeat(np.arange(len(sizes)), sizes)
    assert Sample(entities.size, 0, entities).effective_units == pytest.approx(expected, rel=1e-4)


def test_sign_flips_are_the_exact_test_where_all_signs_can_be_tried() -> None:
    advantages = np.array([3.0, 1.0, 4.0, 1.0, 5.0, 9.0, -2.0, 6.0, 5.0, -3.0])
    signs = np.array(list(product([-1, 1], repeat=advantages.size)))
    sums, total = signs @ advantages, advantages.sum()
    exact = np.mean(sums > total) + np.mean(sums == total) / 2
    assert sign_flip_p_value(advantages, Sample(10, 0)) == pytest.approx(exact, abs=4 * np.sqrt(exact / REPLICATES))


@pytest.mark.parametrize("tails", ["lognormal labels", "t with 3 degrees"])
@pytest.mark.parametrize("rows", [500, 2000])
def test_an_equal_regression_is_better_by_chance_in_five_of_a_hundred_cases_however_heavy_its_tails(
    rows: int, tails: str
) -> None:
    random, sample, better, runs = np.random.default_rng(rows), Sample(rows, 0), np.zeros(2), 600
    for _ in range(runs):
        if tails == "lognormal labels":
            errors = random.lognormal(size=rows) * random.normal(size=(2, rows))
        else:
            errors = random.standard_t(3, size=(2, rows))
        p_value = sign_flip_p_value(sample.sums(errors[0] ** 2 - errors[1] ** 2)[:, 0], sample)
        better += [p_value <= 0.05, p_value <= 0.01]
    for share, level in zip(better / runs, (0.05, 0.01), strict=True):
        assert share <= level + 3 * (level * (1 - level) / runs) ** 0.5


def test_an_interval_reaches_beyond_the_draws_where_it_must() -> None:
    drawn = np.random.default_rng(3).normal(size=REPLICATES)
    low, high = percentile_interval(drawn, 1 - 2e-5)
    assert (low, high) == (pytest.approx(-4.26, abs=0.25), pytest.approx(4.26, abs=0.25))
    assert percentile_interval(drawn, 0.95) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])))

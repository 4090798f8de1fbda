"""How much less rows tell if those of an entity resemble each other."""

import numpy as np
import pytest

from auto_retrain.statistics.design_effect import design_effect


def test_rows_of_their_own_weigh_one_each() -> None:
    bins = np.random.default_rng(1).integers(0, 10, 3000)
    assert design_effect(bins, np.arange(3000), 3000) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("entities", [20, 100, 1000])
def test_a_feature_that_is_constant_for_each_entity_has_as_many_independent_rows_as_there_are_entities(
    entities: int,
) -> None:
    random, owners = np.random.default_rng(2), np.arange(20_000) % entities
    bins = np.tile(np.arange(10), entities // 10)[owners]
    assert 20_000 / design_effect(bins, owners, 20_000) == pytest.approx(entities, rel=0.06)
    shuffled = random.permutation(20_000)
    assert design_effect(bins[shuffled], owners[shuffled], 20_000) == design_effect(bins, owners, 20_000)


def test_a_feature_that_does_not_depend_on_the_entity_loses_nothing() -> None:
    bins, owners = np.random.default_rng(3).integers(0, 10, 20_000), np.arange(20_000) % 50
    assert design_effect(bins, owners, 20_000) < 1.5


def test_unequal_entities_count_by_their_share_of_the_rows() -> None:
    owners = np.concatenate([np.zeros(5000, dtype=int), np.arange(5000) + 1])
    bins = np.concatenate([np.zeros(5000, dtype=int), np.random.default_rng(4).integers(0, 10, 5000)])
    # One entity has half of the rows, all of them in one bin: n² / sum of squares is 4.
    assert 10_000 / design_effect(bins, owners, 10_000) < 50


@pytest.mark.parametrize("entities", [50, 5000])
def test_a_sample_of_the_rows_estimates_it(entities: int) -> None:
    random, owners = np.random.default_rng(5), np.arange(200_000) % entities
    bins = random.integers(0, 10, entities)[owners]
    sample = random.choice(200_000, 20_000, replace=False)
    whole, part = design_effect(bins, owners, 200_000), design_effect(bins[sample], owners[sample], 200_000)
    assert part == pytest.approx(whole, rel=0.1)


def test_one_entity_is_one_row_and_what_never_varies_tells_nothing() -> None:
    owners, bins = np.zeros(100, dtype=int), np.arange(100) % 2
    assert design_effect(bins, owners, 1000) == 1000
    assert design_effect(np.zeros(100, dtype=int), owners, 1000) == 1
    assert design_effect(bins[:1], owners[:1], 1) == 1

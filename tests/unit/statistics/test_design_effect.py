"""How much less rows tell if those of an entity resemble each other."""

import numpy as np
import pytest

from auto_retrain.statistics.design_effect import Codes, by_entity, row_weights
from auto_retrain.statistics.significance import Weighed, shift_p_value


def effect_of(bins: Codes, entities: Codes, rows: int) -> float:
    return row_weights(bins, by_entity(entities), rows).effect


def test_rows_of_their_own_weigh_one_each() -> None:
    bins = np.random.default_rng(1).integers(0, 10, 3000)
    assert effect_of(bins, np.arange(3000), 3000) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("entities", [20, 100, 1000])
def test_a_feature_that_is_constant_for_each_entity_has_as_many_independent_rows_as_there_are_entities(
    entities: int,
) -> None:
    random, owners = np.random.default_rng(2), np.arange(20_000) % entities
    bins = np.tile(np.arange(10), entities // 10)[owners]
    assert 20_000 / effect_of(bins, owners, 20_000) == pytest.approx(entities, rel=0.06)
    shuffled = random.permutation(20_000)
    assert effect_of(bins[shuffled], owners[shuffled], 20_000) == effect_of(bins, owners, 20_000)


def test_a_feature_that_does_not_depend_on_the_entity_loses_nothing() -> None:
    bins, owners = np.random.default_rng(3).integers(0, 10, 20_000), np.arange(20_000) % 50
    assert effect_of(bins, owners, 20_000) < 1.5


def test_unequal_entities_count_by_their_share_of_the_rows() -> None:
    owners = np.concatenate([np.zeros(5000, dtype=int), np.arange(5000) + 1])
    bins = np.concatenate([np.zeros(5000, dtype=int), np.random.default_rng(4).integers(0, 10, 5000)])
    # One entity has half of the rows, all of them in one bin: n² / sum of squares is 4.
    assert 10_000 / effect_of(bins, owners, 10_000) < 50


@pytest.mark.parametrize("entities", [50, 5000])
def test_a_sample_of_the_rows_estimates_it(entities: int) -> None:
    random, owners = np.random.default_rng(5), np.arange(200_000) % entities
    bins = random.integers(0, 10, entities)[owners]
    sample = random.choice(200_000, 20_000, replace=False)
    whole, part = effect_of(bins, owners, 200_000), effect_of(bins[sample], owners[sample], 200_000)
    assert part == pytest.approx(whole, rel=0.1)


def test_one_entity_is_one_row_and_what_never_varies_tells_nothing() -> None:
    owners, bins = np.zeros(100, dtype=int), np.arange(100) % 2
    assert effect_of(bins, owners, 1000) == 1000
    assert effect_of(np.zeros(100, dtype=int), owners, 1000) == 1
    assert effect_of(bins[:1], owners[:1], 1) == 1


def test_bins_weigh_unequally_where_only_some_of_them_depend_on_the_entity() -> None:
    random = np.random.default_rng(6)
    owners = np.arange(20_000) % 200
    alike = row_weights(random.integers(0, 10, 200)[owners], by_entity(owners), 20_000)
    assert alike.unequal == pytest.approx(1, abs=0.1)
    # Which half of the bins a row is in is its customer's, and where in this half it is, its own.
    some = row_weights(
        random.integers(0, 2, 200)[owners] * 5 + random.integers(0, 5, 20_000), by_entity(owners), 20_000
    )
    assert some.unequal == pytest.approx(9 * (100**2 + 8) / (100 + 8) ** 2, rel=0.1)


@pytest.mark.parametrize(("customers", "alike"), [(60, 0.4), (600, 0.9)])
@pytest.mark.parametrize("is_even", [True, False], ids=["equal customers", "some are large"])
def test_customers_who_resemble_themselves_keep_the_level_of_the_p_value(
    customers: int, alike: float, is_even: bool
) -> None:
    """With degrees of freedom as if all bins weighed alike, 0.10 to 0.23 instead of 0.05, and 0.04 to 0.16 of 0.01."""
    shares = np.ones(customers) if is_even else 1 / np.arange(1, customers + 1)

    def sample(random: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
        owners = random.choice(customers, rows, p=shares / shares.sum())
        of_customer = random.normal(size=customers)[owners]
        return owners, alike * of_customer + np.sqrt(1 - alike**2) * random.normal(size=rows)

    p_values = []
    for run in range(200):
        random = np.random.default_rng([23, run])
        (owners, values), (live_owners, live) = sample(random, 10_000), sample(random, 5000)
        edges = np.quantile(values, np.arange(1, 10) / 10)
        sides = []
        for of_side, ids in ((values, owners), (live, live_owners)):
            bins = np.searchsorted(edges, of_side)
            effect, unequal = row_weights(bins, by_entity(ids), ids.size)
            sides.append(Weighed(np.bincount(bins, minlength=10).tolist(), ids.size / effect, unequal))
        p_values.append(shift_p_value(*sides))
    # Three standard errors are 0.046 and 0.021.
    assert np.mean(np.array(p_values) <= 0.05) <= 0.096
    assert np.mean(np.array(p_values) <= 0.01) <= 0.031

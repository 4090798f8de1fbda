"""Entities that occur in several parts are one entity, however many there are."""

import numpy as np
import pytest

from auto_retrain.comparison.code_points import code_points
from auto_retrain.statistics.parted_units import KEPT, PartedUnits
from auto_retrain.statistics.text_hashes import hashes_of


def names(numbers: np.ndarray) -> np.ndarray:
    return code_points(np.char.add("e", numbers.astype(str)))


def units_of(numbers: np.ndarray, parts: int = 4, seed: int = 0) -> PartedUnits:
    units = PartedUnits()
    for some in np.array_split(numbers, parts):
        units = units.plus(hashes_of(names(some), seed))
    return units


def test_a_text_has_one_hash_however_wide_its_column_is() -> None:
    texts = np.array(["a", "b", "ab", "ba", "", "ä", "a\N{MATHEMATICAL BOLD SMALL A}"])
    hashes = hashes_of(code_points(texts), 1)
    assert np.array_equal(hashes, hashes_of(code_points(texts.astype("U40")), 1))
    assert np.array_equal(hashes, hashes_of(code_points(texts.astype(">U3")), 1))
    assert np.unique(hashes).size == texts.size
    assert not np.array_equal(hashes, hashes_of(code_points(texts), 2))


def test_hashes_are_spread_evenly_and_do_not_collide() -> None:
    hashes = hashes_of(names(np.arange(200_000)), 5)
    assert np.unique(hashes).size == hashes.size
    for part in (hashes % np.uint64(1000), hashes >> np.uint64(54), (hashes // np.uint64(1000)) % np.uint64(1024)):
        counts = np.bincount(part.astype(int))
        expected = hashes.size / counts.size
        assert ((counts - expected) ** 2 / expected).sum() == pytest.approx(counts.size, rel=0.25)


def test_up_to_a_thousand_entities_have_a_group_each_and_more_are_dealt_evenly() -> None:
    few, more = units_of(np.arange(700)), units_of(np.arange(5000))
    assert np.unique(few.groups_of(hashes_of(names(np.arange(700)), 0))).size == few.n_groups == 700
    assert set(np.bincount(more.groups_of(hashes_of(names(np.arange(5000)), 0)))) == {5}


@pytest.mark.parametrize("number", [1, 3000, KEPT - 1])
def test_entities_that_are_all_known_are_counted_exactly(number: int) -> None:
    entities = np.random.default_rng(1).integers(number, size=4 * number)
    units, hashes = units_of(entities), hashes_of(names(entities), 0)
    sizes = np.bincount(entities)
    assert units.number == np.count_nonzero(sizes)
    assert (units.sizes_of(hashes) ** 2).sum() == (sizes**2).sum()


@pytest.mark.parametrize("heavy", [0, 30_000])
def test_the_number_and_the_sizes_of_very_many_entities_are_close(heavy: int) -> None:
    entities = np.concatenate([np.random.default_rng(2).integers(60_000, size=120_000), np.zeros(heavy, int)])
    units, sizes = units_of(entities), np.bincount(entities)
    summed = sum(units.sizes_of(hashes_of(names(some), 0)) for some in np.array_split(entities, 3))
    assert units.number == pytest.approx(np.count_nonzero(sizes), rel=0.03)
    assert (np.asarray(summed) ** 2).sum() == pytest.approx((sizes**2).sum(), rel=0.05)

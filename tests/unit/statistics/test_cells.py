"""Histograms of parts add up to that of the whole, and their bins hold exactly the rows counted in them."""

from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.statistics import cells
from auto_retrain.statistics.cells import (
    NO_CELLS,
    CellCounter,
    add_cells,
    add_keys,
    coarser,
    count_cells,
    count_in_bins,
    edges_of_cells,
)
from auto_retrain.statistics.stability import N_BINS, count_numeric

ANY_NUMBERS = st.lists(st.floats(width=64), max_size=60).map(np.array)


def equal(one: cells.Cells, other: cells.Cells) -> bool:
    return all(np.array_equal(left, right) for left, right in zip(one, other, strict=True))


@given(st.lists(ANY_NUMBERS, max_size=5), st.randoms(use_true_random=False))
def test_any_split_in_any_order_gives_the_same_cells(parts: list[np.ndarray], random: object) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(cells, "MAX_CELLS", 8)
        whole = count_cells(np.concatenate([np.empty(0), *parts]))
        counted = [count_cells(part) for part in parts]
        random.shuffle(counted)  # type: ignore[attr-defined]
        assert equal(reduce(add_cells, counted, NO_CELLS), whole)


# Of one kind, so that a batch often has the cells of those before it.
SIMILAR_NUMBERS = st.sampled_from(
    [
        st.integers(-9, 9).map(float),
        st.floats(1, 2),
        st.just(-1.0) | st.floats(1, 2),
        st.floats(-2, 2),
        st.floats(width=64),
    ]
)
BATCHES = SIMILAR_NUMBERS.flatmap(lambda numbers: st.lists(st.lists(numbers, max_size=20).map(np.array), max_size=9))


@given(BATCHES, st.sampled_from([4, 8, 8192]))
def test_a_counter_of_batches_finds_the_cells_of_all_numbers(batches: list[np.ndarray], most: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(cells, "MAX_CELLS", most)
        patched.setattr(cells, "_COUNTED_AT_ONCE", 10)
        counter = CellCounter()
        for batch in batches:
            counter.add(batch)
        assert equal(counter.cells, count_cells(np.concatenate([np.empty(0), *batches])))
        assert equal(counter.cells, counter.cells)


def test_a_batch_of_one_sign_is_counted_by_the_cells_that_are_known_of_both(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes half the time, and many columns have -1 for missing."""
    counted: list[float] = []

    def counting(values: np.ndarray, shift: int = 0) -> cells.Cells:
        counted.extend(values.tolist())
        return count_cells(values, shift)

    random = np.random.default_rng(1)
    batches = [random.uniform(1, 2, 1 << 16) for _ in range(6)]
    for batch in (batches[0], batches[3]):
        batch[7] = -1
    counter = CellCounter()
    for batch in batches[:2]:
        counter.add(batch)
    monkeypatch.setattr(cells, "count_cells", counting)
    for batch in batches[2:]:
        counter.add(batch)
    assert not counted
    assert equal(counter.cells, count_cells(np.concatenate(batches)))


@given(ANY_NUMBERS, ANY_NUMBERS)
def test_counts_are_those_of_the_numbers_themselves(reference: np.ndarray, live: np.ndarray) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(cells, "MAX_CELLS", 16)
        one, other = count_cells(reference), count_cells(live)
    shift = max(one.shift, other.shift)
    edges = edges_of_cells(coarser(one, shift))
    for numbers, counted in ((reference, one), (live, other)):
        assert count_in_bins(counted, edges) == tuple(count_numeric(numbers.astype(float), edges))


def decile_edges(numbers: np.ndarray) -> np.ndarray:
    """The edges by the numbers themselves."""
    # Values of the sample itself: interpolating between the largest of them may overflow.
    deciles = np.quantile(numbers, np.linspace(0, 1, N_BINS + 1), method="inverted_cdf")
    tied = deciles[1:][deciles[1:] == deciles[:-1]]
    # No finite number lies below the smallest one.
    below = np.nextafter(tied[tied > np.finfo(np.float64).min], -np.inf)
    return np.unique(np.concatenate([deciles[1:-1], below]))


@pytest.mark.parametrize("seed", range(5))
def test_a_column_of_few_numbers_has_the_very_edges_of_its_numbers(seed: int) -> None:
    numbers = np.random.default_rng(seed).choice([-2.5, 0.0, 1.0, 3.0, 2013.0, 1e300], 1001)
    edges = edges_of_cells(count_cells(numbers))
    assert np.array_equal(edges, decile_edges(numbers))


@pytest.mark.parametrize(
    "numbers",
    [
        np.random.default_rng(1).normal(size=200_000),
        1.7e9 + np.random.default_rng(2).random(200_000) * 1e7,
        10 ** np.random.default_rng(3).uniform(-200, 200, 200_000),
        -np.random.default_rng(4).lognormal(size=200_000),
    ],
    ids=["around zero", "times", "all magnitudes", "negative"],
)
def test_bins_of_a_continuous_column_hold_a_tenth_each_within_a_tenth_of_a_percent(numbers: np.ndarray) -> None:
    counted = reduce(add_cells, map(count_cells, np.array_split(numbers, 7)))
    assert counted.firsts.size <= cells.MAX_CELLS
    counts = count_in_bins(counted, edges_of_cells(counted))
    assert np.abs(np.array(counts[:-1]) / numbers.size - 0.1).max() < 0.001


def test_a_frequent_number_within_a_continuous_column_has_a_bin_of_its_own() -> None:
    random = np.random.default_rng(5)
    numbers = np.where(random.random(100_000) < 0.4, 0.0, random.normal(size=100_000))
    edges = edges_of_cells(count_cells(numbers))
    counts = count_in_bins(count_cells(numbers), edges)
    zeros = int(np.count_nonzero(numbers == 0))
    assert zeros <= max(counts) <= zeros + 100


def test_without_a_number_there_are_no_edges_and_missing_values_are_counted() -> None:
    counted = count_cells(np.full(7, np.nan))
    assert edges_of_cells(counted).size == 0
    assert count_in_bins(counted, np.empty(0)) == (0, 7)


@pytest.mark.parametrize("shift", [0, 3, 50])
def test_keys_are_counted_alike_whether_they_are_close_or_far_apart(shift: int) -> None:
    keys = np.random.default_rng(1).integers(1 << 40, (1 << 40) + 600, 1000).astype(np.uint64)
    for some in (keys, keys[:0], np.append(keys, np.uint64(1 << 62))):
        counted = add_keys(NO_CELLS._replace(shift=shift), some, 5000)
        firsts, rows = np.unique(some >> np.uint64(shift), return_counts=True)
        assert counted.shift == shift
        assert np.array_equal(counted.firsts, firsts)
        assert np.array_equal(counted.rows, rows)

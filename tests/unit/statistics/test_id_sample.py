"""Ids of several parts are compared exactly while they are few, and else by a sample that is the same in each part."""

from functools import reduce

import numpy as np
import pytest

from auto_retrain.domain.spelling import folded
from auto_retrain.statistics.id_sample import (
    IdSample,
    in_both,
    merge_samples,
    repeated_across,
    respelled,
    sample_ids,
    stable_hashes,
)


def sample_of(texts: list[str], size: int) -> IdSample:
    known = sorted(set(texts))
    return sample_ids(stable_hashes(known), stable_hashes(map(folded, known)), size)


def numbered(first: int, last: int) -> list[str]:
    return [f"row-{number}" for number in range(first, last)]


def test_hashes_are_the_same_in_every_process() -> None:
    assert stable_hashes(["a"]).tolist() == [3_405_396_810_240_292_928]
    assert np.unique(stable_hashes(["a", "ä", "", "\ud800", "a"])).size == 4


def test_few_ids_are_compared_exactly() -> None:
    parts = [sample_of(numbered(0, 50), 100), sample_of(numbered(40, 80), 100), sample_of(numbered(45, 47), 100)]
    merged = reduce(merge_samples, parts)
    assert (merged.share, repeated_across(merged), respelled(merged)) == (1.0, 10 + 2, 0)
    other = sample_of(["row-3", "row-300"], 100)
    assert in_both(merged, other, merge_samples(merged, other)) == 1


def test_spellings_of_one_id_are_found_across_parts() -> None:
    merged = merge_samples(sample_of(["Row-1", "row-2"], 10), sample_of(["row-1", " ROW-1 ", "row-2"], 10))
    assert (repeated_across(merged), respelled(merged)) == (1, 2)


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1]])
def test_of_many_ids_a_sample_tells_how_many_are_shared(order: list[int]) -> None:
    """With a share of 10 % and 3,000 repeated ids, the estimate has a standard deviation of 164."""
    parts = [sample_of(numbered(place * 9_000, place * 9_000 + 10_000), 1_000) for place in range(3)]
    merged = reduce(merge_samples, [parts[place] for place in order])
    assert merged.share == pytest.approx(0.1, rel=0.15)
    assert merged.share == merged.limit / 2**64  # type: ignore[operator]
    assert repeated_across(merged) == pytest.approx(2_000, abs=4 * np.sqrt(2_000 * 0.9 / 0.1))
    other = sample_of(numbered(0, 5_000), 1_000)
    assert in_both(merged, other, merge_samples(merged, other)) == pytest.approx(5_000, rel=0.25)


def test_a_sample_finds_no_spellings_where_there_are_none() -> None:
    parts = [sample_of(numbered(place * 5_000, place * 5_000 + 5_000), 500) for place in range(4)]
    merged = reduce(merge_samples, parts)
    assert (repeated_across(merged), respelled(merged)) == (0, 0)


@pytest.mark.parametrize("repeated", [10, 30, 100])
def test_repeated_ids_are_missed_as_often_as_stated(repeated: int) -> None:
    """With the probability (1 - share) ** repeated."""
    missed, shares, times = 0, [], 200
    for seed in range(times):
        ids = np.random.default_rng([seed, repeated]).integers(0, 2**64 - 1, 4_000 + repeated, dtype=np.uint64)
        one, other = (sample_ids(part, part, 200) for part in (ids[: 2_000 + repeated], ids[2_000:]))
        merged = merge_samples(one, other)
        missed += repeated_across(merged) == 0
        shares.append((1 - merged.share) ** repeated)
    expected = float(np.mean(shares))
    assert missed / times == pytest.approx(expected, abs=3.5 * np.sqrt(expected * (1 - expected) / times) + 0.01)

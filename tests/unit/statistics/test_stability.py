"""PSI agrees with its definition, and behaves well on ugly data."""

import re
from collections import Counter
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.statistics.cells import count_cells, edges_of_cells
from auto_retrain.statistics.pooling import comparable_levels
from auto_retrain.statistics.psi import psi, psi_of_shift, shift_of_psi
from auto_retrain.statistics.significance import Weighed, shift_p_value
from auto_retrain.statistics.stability import (
    MAX_NAMED_LEVELS,
    Levels,
    count_levels,
    count_numeric,
    reference_levels,
)
from local.paths import ROOT

counts = st.lists(st.integers(0, 1000), min_size=2, max_size=12).filter(lambda bins: sum(bins) > 0)


def edges_of(reference: np.ndarray) -> np.ndarray:
    return edges_of_cells(count_cells(reference))


def psi_of(reference: np.ndarray, live: np.ndarray) -> float:
    edges = edges_of(reference)
    return psi(count_numeric(reference, edges), count_numeric(live, edges))


def test_psi_of_a_known_case_is_the_hand_computed_one() -> None:
    # (0.5-0.4)ln(0.5/0.4) + (0.5-0.6)ln(0.5/0.6)
    assert psi([40, 60], [50, 50]) == pytest.approx(0.040547, abs=1e-6)


@given(counts)
def test_psi_of_equal_samples_is_zero(bins: list[int]) -> None:
    assert psi(bins, bins) == 0


@given(counts, st.data())
def test_psi_is_finite_and_never_negative(bins: list[int], data: st.DataObject) -> None:
    other = data.draw(st.lists(st.integers(0, 1000), min_size=len(bins), max_size=len(bins)).filter(any))
    assert 0 <= psi(bins, other) < 100


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(1, 1000)), min_size=2, max_size=12), st.randoms())
def test_psi_does_not_depend_on_the_order_of_bins(pairs: list[tuple[int, int]], random: Random) -> None:
    pairs = [(1, 1), *pairs]
    shuffled = random.sample(pairs, len(pairs))
    assert psi(*zip(*shuffled, strict=True)) == pytest.approx(psi(*zip(*pairs, strict=True)))


VALUES = st.floats(allow_nan=True, allow_infinity=True)


@given(st.lists(VALUES, max_size=50), st.lists(VALUES, max_size=50), st.integers(0, 50))
def test_counting_in_batches_equals_counting_at_once(reference: list[float], live: list[float], place: int) -> None:
    edges, values = edges_of(np.array(reference, dtype=np.float64)), np.array(live, dtype=np.float64)
    parts = zip(count_numeric(values[:place], edges), count_numeric(values[place:], edges), strict=True)
    assert [sum(part) for part in parts] == count_numeric(values, edges)
    assert sum(count_numeric(values, edges)) == values.size


@given(st.lists(VALUES, min_size=1, max_size=50))
def test_edges_are_finite_and_rise_whatever_the_values(reference: list[float]) -> None:
    edges = edges_of(np.array(reference, dtype=np.float64))
    assert np.isfinite(edges).all()
    assert (edges[1:] > edges[:-1]).all()
    assert edges.size <= 18


def test_a_shift_by_half_a_standard_deviation_is_about_a_quarter() -> None:
    # A mean shift of 0.5 sd has PSI 0.2377 in the limit.
    random = np.random.default_rng(7)
    assert psi_of(random.normal(0, 1, 100_000), random.normal(0.5, 1, 100_000)) == pytest.approx(0.238, abs=0.01)


def test_without_drift_psi_follows_its_chi_squared_distribution() -> None:
    # PSI is about (1/N + 1/n) chi-squared with 9 degrees of freedom, so its mean at n = N = 1,000 is 0.018.
    random = np.random.default_rng(11)
    indices = [psi_of(random.normal(size=1000), random.normal(size=1000)) for _ in range(400)]
    assert np.mean(indices) == pytest.approx(0.018, abs=0.0015)
    assert max(indices) < 0.25


def test_one_outlier_hides_nothing() -> None:
    random = np.random.default_rng(3)
    reference, live = random.normal(size=5000), random.normal(1, 1, size=5000)
    live[0] = 1e9
    assert psi_of(reference, live) > 0.8


def test_more_missing_values_are_drift() -> None:
    random = np.random.default_rng(5)
    reference, live = random.normal(size=5000), random.normal(size=5000)
    live[:2000] = np.nan
    assert psi_of(reference, live) > 0.25


def test_infinite_values_fall_into_the_outer_bins() -> None:
    reference = np.arange(100.0)
    counted = count_numeric(np.array([np.inf, -np.inf, np.nan]), edges_of(reference))
    assert (counted[0], counted[-2], counted[-1]) == (1, 1, 1)


def test_a_constant_feature_that_moves_is_drift_and_one_that_stays_is_not() -> None:
    constant = np.full(1000, 3.0)
    assert psi_of(constant, constant) == 0
    assert psi_of(constant, np.full(1000, 4.0)) > 0.25


def test_values_that_appear_where_the_reference_had_none_are_drift() -> None:
    nothing = np.full(1000, np.nan)
    assert psi_of(nothing, nothing) == 0
    assert psi_of(nothing, np.ones(1000)) > 0.25


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (np.r_[np.ones(970), np.zeros(30)], np.r_[np.ones(30), np.zeros(970)]),
        (np.r_[np.ones(910), np.zeros(90)], np.zeros(1000)),
        (np.r_[np.zeros(600), np.arange(400.0)], np.r_[np.full(600, -999.0), np.arange(400.0)]),
        (np.zeros(1000), np.full(1000, -1.0)),
    ],
)
def test_a_feature_with_few_values_cannot_swap_them_unnoticed(before: np.ndarray, after: np.ndarray) -> None:
    assert psi_of(before, after) > 1
    assert psi_of(before, before) == 0


def test_every_level_is_counted_on_its_own_and_new_ones_together() -> None:
    reference = Counter([*"aab", *(f"rare-{number:02}" for number in range(30)), None])
    levels = reference_levels(reference)
    assert levels.frequent[:2] == ("a", "b")
    assert (len(levels.frequent), levels.rare) == (32, frozenset())
    counted = count_levels(Counter(["a", "rare-29", "never seen", "nor this", None]), levels, 5)
    assert (counted[0], counted[-4:]) == (1, [1, 0, 2, 1])


def test_the_rare_levels_of_an_earlier_release_are_still_counted_together() -> None:
    levels = Levels(("a", "b"), frozenset(["rare"]))
    assert count_levels(Counter(["a", "rare", "new"]), levels, 3) == [1, 0, 1, 1, 0]


def test_rows_whose_level_was_not_counted_are_not_called_new() -> None:
    assert count_levels(Counter(a=3, new=1), reference_levels(Counter("ab")), 10) == [3, 0, 6, 1, 0]


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({"true": 60, "false": 40}, {"1": 50, "0": 45, None: 5}),
        ({"1": 60, "0": 40}, {"true": 50, "0": 20, "false": 25, None: 5}),
    ],
)
def test_truth_values_are_the_same_in_words_and_digits(
    before: dict[str | None, int], now: dict[str | None, int]
) -> None:
    assert count_levels(now, reference_levels(before), 100) == [50, 45, 0, 0, 5]


def test_words_and_digits_that_are_no_truth_values_are_different_levels() -> None:
    levels = reference_levels({"1": 60, "0": 30, "2": 10})
    assert count_levels({"true": 50, "1": 50}, levels, 100) == [50, 0, 0, 0, 50, 0]
    assert count_levels({"a": 100}, reference_levels({}), 100)[-2] == 100


@pytest.mark.parametrize("complete", [True, False])
def test_where_there_are_too_many_levels_to_keep_new_ones_count_as_rare(complete: bool) -> None:
    reference = Counter(f"level-{number}" for number in range(MAX_NAMED_LEVELS + 1 if complete else 50))
    levels = reference_levels(reference, complete=complete)
    assert levels.rare is None
    assert count_levels(Counter(["never seen", None]), levels, 2)[-3:] == [1, 0, 1]


def test_so_they_do_where_the_names_are_too_long_to_keep() -> None:
    assert reference_levels(Counter("x" * 5000 + str(number) for number in range(100))).rare is None


def test_levels_that_either_sample_has_too_few_of_are_compared_together() -> None:
    # Two levels of their own, then rare, unseen and missing ones.
    assert comparable_levels([10, 4, 3, 0, 4], [10, 5, 3, 0, 3]) == ((10, 7, 4), (10, 8, 3))
    assert comparable_levels([1000, 40, 3, 0, 4], [10, 0, 3, 4, 5]) == ((1000, 43, 4), (10, 7, 5))
    assert comparable_levels([0, 0, 7], [0, 2, 3]) == ((0, 7), (2, 3))


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=3, max_size=40))
def test_no_row_is_lost_when_levels_are_compared_together(pairs: list[tuple[int, int]]) -> None:
    reference, live = zip(*pairs, strict=True)
    merged = comparable_levels(reference, live)
    assert list(map(sum, merged)) == [sum(reference), sum(live)]
    assert merged == comparable_levels(live, reference)[::-1]
    assert len(merged[0]) <= 22


SHARES = {
    "300 equal": np.full(300, 1 / 300),
    "30 equal": np.full(30, 1 / 30),
    "300 unequal": 1 / np.arange(1, 301) / np.sum(1 / np.arange(1, 301)),
}


@pytest.mark.parametrize("shares", SHARES)
@pytest.mark.parametrize("rows", [(100_000, 500), (100_000, 1000), (100_000, 100_000), (500, 500), (1000, 100_000)])
def test_the_p_value_of_categories_keeps_its_level(shares: str, rows: tuple[int, int]) -> None:
    # Of 600 samples, so within three standard errors of 0.009; less where hardly any level has rows enough.
    random, p_values = np.random.default_rng(14), []
    for _ in range(600):
        before, now = ([*random.multinomial(each, SHARES[shares]).tolist(), 0, 0, 0] for each in rows)
        p_values.append(shift_p_value(*map(Weighed, comparable_levels(before, now), rows)))
    assert np.mean(np.array(p_values) <= 0.05) <= 0.05 + 0.027


@pytest.mark.parametrize(("shift", "expected"), [(0.1, 0.0096), (0.316, 0.0954), (0.5, 0.2377)])
def test_the_psi_of_a_shift_is_that_of_the_normal_distribution(shift: float, expected: float) -> None:
    assert psi_of_shift(shift) == pytest.approx(expected, abs=2e-4)
    assert shift_of_psi(psi_of_shift(shift)) == pytest.approx(shift, abs=1e-3)


def drawn(random: np.random.Generator, low: int, high: int) -> Counter[str | None]:
    return Counter(map(str, random.integers(low, high, 5000)))


def test_many_levels_are_not_drift_by_themselves_and_new_ones_are() -> None:
    random = np.random.default_rng(8)
    reference = drawn(random, 0, 200)
    levels = reference_levels(reference)
    counted = count_levels(reference, levels, reference.total())
    same, new = (count_levels(drawn(random, low, low + 200), levels, 5000) for low in (0, 200))
    assert psi(*comparable_levels(counted, same)) < 0.1
    assert psi(*comparable_levels(counted, new)) > 0.5
    assert new[-2] == 5000


@pytest.mark.parametrize(("reference", "live"), [([0, 0], [1, 2]), ([1, 2], [0, 0])])
def test_psi_of_an_empty_sample_is_refused_instead_of_zero(reference: list[int], live: list[int]) -> None:
    with pytest.raises(ValueError, match="unknown"):
        psi(reference, live)


def test_the_table_of_limits_says_what_a_psi_can_see() -> None:
    rows = re.findall(r"^\| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", (ROOT / "docs/limits.md").read_text(), re.MULTILINE)
    assert ("0.25", "0.51") in [row[:2] for row in rows]
    for threshold, shift, scale in rows:
        assert float(shift) == pytest.approx(shift_of_psi(float(threshold)), abs=0.005)
        assert psi_of_shift(0, float(scale)) == pytest.approx(float(threshold), rel=0.03)

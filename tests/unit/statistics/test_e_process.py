"""E-processes: exact for every rate and block size, and as strong as the best bet less its price."""

from math import exp, inf, isclose, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, norm

from auto_retrain.statistics.e_process import (
    ODDS_RATIOS,
    Block,
    MeanDifference,
    OneProportion,
    TwoProportions,
    e_value,
)

RATES = st.floats(0.0005, 0.9995)
ROWS = st.integers(0, 12)
PAST = st.builds(lambda rows, part: (rows, int(rows * part)), st.integers(0, 5000), st.floats(0, 1))


def _mean_factor(
    test: TwoProportions, rows_a: int, rows_b: int, rate_a: float, rate_b: float, weight: float = 1.0
) -> tuple[float, float]:
    """What the evidence multiplies by on average, over every outcome of one block."""
    higher = lower = 0.0
    chances_a = binom.pmf(range(rows_a + 1), rows_a, rate_a).tolist()
    chances_b = binom.pmf(range(rows_b + 1), rows_b, rate_b).tolist()
    for events_a, chance_a in enumerate(chances_a):
        for events_b, chance_b in enumerate(chances_b):
            chance, after = chance_a * chance_b, test.after(Block(rows_a, events_a, rows_b, events_b), weight)
            higher, lower = higher + chance * e_value(after.higher), lower + chance * e_value(after.lower)
    return higher, lower


@settings(deadline=None)
@given(rates=st.tuples(RATES, RATES), rows=st.tuples(ROWS, ROWS), past=st.tuples(PAST, PAST), weight=st.floats(0.01, 1))
def test_no_block_raises_evidence_on_average_while_its_null_holds(
    rates: tuple[float, float], rows: tuple[int, int], past: tuple[tuple[int, int], tuple[int, int]], weight: float
) -> None:
    """For all blocks, splits and rates, also rare ones, and whatever was seen before."""
    low, high = sorted(rates)
    test = TwoProportions(before=Block(*past[0], *past[1]))
    assert _mean_factor(test, *rows, high, low, weight)[0] <= 1 + 1e-9
    assert _mean_factor(test, *rows, low, high, weight)[1] <= 1 + 1e-9
    for equal in _mean_factor(test, *rows, low, low, weight):
        assert equal <= 1 + 1e-9


@given(rate=RATES, null=RATES, rows=st.integers(0, 30))
def test_nor_does_it_for_one_proportion(rate: float, null: float, rows: int) -> None:
    outcomes = range(rows + 1)
    tests = [OneProportion().after(rows, events, null) for events in outcomes]
    chances = binom.pmf(outcomes, rows, rate)
    higher, lower = (sum(chances * [e_value(getattr(test, side)) for test in tests]) for side in ("higher", "lower"))
    assert rate > null or higher <= 1 + 1e-9
    assert rate < null or lower <= 1 + 1e-9


def test_a_bet_is_a_ratio_of_likelihoods() -> None:
    before, block = Block(1000, 50, 100, 5), Block(90, 3, 10, 2)
    bets = TwoProportions(before=before).after(block).higher
    for bet, odds in zip(bets, ODDS_RATIOS, strict=True):
        rate_a = 55.5 / (1000 + odds * 100 + 10)
        rate_b = odds * rate_a / (1 - rate_a + odds * rate_a)
        pooled = (90 * rate_a + 10 * rate_b) / 100
        alternative = binom.logpmf(3, 90, rate_a) + binom.logpmf(2, 10, rate_b)
        null = binom.logpmf(3, 90, pooled) + binom.logpmf(2, 10, pooled)
        assert bet == pytest.approx(alternative - null, rel=1e-9)


@given(first=st.tuples(ROWS, ROWS), empty=st.sampled_from(["a", "b"]), rows=st.integers(1, 12), past=st.booleans())
def test_rows_of_one_arm_wait_for_those_of_the_other(first: tuple[int, int], empty: str, rows: int, past: bool) -> None:
    test = TwoProportions().after(Block(100, 5, 100, 5)) if past else TwoProportions()
    one, other = Block(0, 0, rows, rows), Block(1 + first[0], 0, first[1], 0)
    if empty == "b":
        one, other = (Block(*block[2:], *block[:2]) for block in (one, other))
    waits = test.after(one)
    assert (waits.higher, waits.lower, waits.before) == (test.higher, test.lower, test.before)
    assert waits.after(other) == test.after(one.and_then(other))


@pytest.mark.parametrize("rows", [(990, 10), (9_900, 100), (2_500, 2_500)])
@pytest.mark.parametrize("rate", [0.001, 0.05, 0.5])
def test_one_large_first_block_seldom_shows_what_is_not_there(rows: tuple[int, int], rate: float) -> None:
    """Of 100; each limit allows for three standard errors."""
    drawn = np.random.default_rng(21).binomial(rows, rate, (100, 2)).tolist()
    tests = [TwoProportions().after(Block(rows[0], a, rows[1], b)) for a, b in drawn]
    assert sum(e_value(test.higher) >= 20 for test in tests) <= 11
    assert sum(e_value(test.lower) >= 20 for test in tests) <= 11


@pytest.mark.parametrize(("rates", "share"), [((0.002, 0.2), 1.0), ((0.0, 0.2), 1.0), ((0.05, 0.1), 0.7)])
def test_one_large_first_block_shows_what_is_clear(rates: tuple[float, float], share: float) -> None:
    """Of 5,000 requests a tenth goes to the challenger; a doubled rate of errors shows in 89 of 100."""
    drawn = np.random.default_rng(22).binomial((4_500, 500), rates, (60, 2)).tolist()
    tests = [TwoProportions().after(Block(4_500, a, 500, b)) for a, b in drawn]
    assert sum(e_value(test.higher) >= 20 for test in tests) >= share * 60


def test_evidence_of_any_strength_can_be_read() -> None:
    test = TwoProportions().after(Block(10, 0, 10, 0))
    for _ in range(50):
        test = test.after(Block(1_000_000, 0, 1_000_000, 1_000_000))
    assert e_value(test.higher) == exp(700)
    assert e_value((-inf,)) == 0


@pytest.mark.parametrize(("score", "information"), [(3.0, 2.0), (-4.0, 9.0), (0.0, 1.0), (40.0, 100.0)])
def test_the_evidence_of_a_mean_is_an_average_over_half_normal_drifts(score: float, information: float) -> None:
    spread = 5.0
    drifts = np.linspace(0, 12, 400_001)
    density = 2 * norm.pdf(drifts, scale=spread**-0.5)
    expected = np.trapezoid(density * np.exp(drifts * score - drifts**2 * information / 2), drifts)
    assert isclose(MeanDifference(score, information, spread).log_e(1), log(expected), rel_tol=1e-6, abs_tol=1e-9)
    assert MeanDifference(-score, information, spread).log_e(-1) == MeanDifference(score, information, spread).log_e(1)


def test_the_first_block_of_means_settles_the_spread() -> None:
    test = MeanDifference().after(2.0, 0.5, 7.0).after(1.0, 0.25, 99.0)
    assert test == MeanDifference(score=2 / 0.5 + 1 / 0.25, information=6.0, spread=7.0)
    assert MeanDifference().log_e(1) == 0


def test_rows_that_always_come_in_fives_count_as_often_as_they_come() -> None:
    fives, ones = TwoProportions(before=Block(1000, 50, 100, 5)), TwoProportions(before=Block(1000, 50, 100, 5))
    assert fives.after(Block(450, 50, 50, 10), 0.2).higher == pytest.approx(ones.after(Block(90, 10, 10, 2)).higher)
    single, group = OneProportion().after(10, 7, 0.5), OneProportion().after(50, 35, 0.5, 0.2)
    assert group.higher == pytest.approx(single.higher)

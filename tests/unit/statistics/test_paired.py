"""Paired tests and intervals err as often as they promise."""

import numpy as np
import pytest
from scipy.stats import binomtest

from auto_retrain.statistics.paired import (
    PairedCounts,
    gain_interval,
    mcnemar_mid_p,
    relative_improvement_interval,
)


def draw(random: np.random.Generator, n: int, discordant: float, gain: float, champion: float) -> PairedCounts:
    """Counts of n rows; `gain` is the challenger's true accuracy less the champion's."""
    only_challenger, only_champion = (discordant + gain) / 2, (discordant - gain) / 2
    both = champion - only_champion
    shares = [both, only_challenger, only_champion, 1 - both - discordant]
    return PairedCounts(*(int(count) for count in random.multinomial(n, shares)))


@pytest.mark.parametrize("n", [100, 500, 2000])
def test_an_equal_challenger_is_called_better_in_at_most_five_of_a_hundred_cases(n: int) -> None:
    random = np.random.default_rng(n)
    p_values = [mcnemar_mid_p(draw(random, n, 0.10, 0.0, 0.85)) for _ in range(4000)]
    # Three standard errors of the simulation above the nominal 5 %.
    assert np.mean(np.array(p_values) <= 0.05) <= 0.05 + 3 * (0.05 * 0.95 / 4000) ** 0.5


def test_a_two_point_gain_is_detected_as_often_as_theory_predicts() -> None:
    # n = 1,000, discordance 0.10, gain 2 points: power 0.64.
    random = np.random.default_rng(1)
    p_values = [mcnemar_mid_p(draw(random, 1000, 0.10, 0.02, 0.85)) for _ in range(4000)]
    assert np.mean(np.array(p_values) <= 0.05) == pytest.approx(0.64, abs=0.03)


def test_the_p_value_is_the_exact_one_less_half_the_observed_probability() -> None:
    counts = PairedCounts(both=800, only_challenger=40, only_champion=22, neither=138)
    exact = binomtest(40, 62, alternative="greater").pvalue
    observed = exact - binomtest(41, 62, alternative="greater").pvalue
    assert mcnemar_mid_p(counts) == pytest.approx(exact - observed / 2, abs=1e-12)


def test_overwhelming_evidence_keeps_its_digits() -> None:
    counts = PairedCounts(both=7000, only_challenger=571, only_champion=44, neither=142)
    exact = binomtest(571, 615, alternative="greater").pvalue
    assert 0 < mcnemar_mid_p(counts) < exact < 1e-100


@pytest.mark.parametrize("both", [0, 10])
def test_models_that_never_differ_have_a_p_value_of_one_half(both: int) -> None:
    assert mcnemar_mid_p(PairedCounts(both, 0, 0, 5)) == 0.5


def test_the_interval_covers_the_true_improvement_in_95_of_100_cases() -> None:
    random = np.random.default_rng(2)
    truth = 0.89 / 0.85 - 1
    covered = 0
    for _ in range(3000):
        interval = relative_improvement_interval(draw(random, 1000, 0.12, 0.04, 0.85))
        assert interval is not None
        covered += interval[0] <= truth <= interval[1]
    assert covered / 3000 == pytest.approx(0.95, abs=3 * (0.95 * 0.05 / 3000) ** 0.5)


def test_the_improvement_over_a_champion_that_is_never_right_is_unknown() -> None:
    never_right = PairedCounts(both=0, only_challenger=5, only_champion=0, neither=5)
    assert relative_improvement_interval(never_right) is None


@pytest.mark.parametrize("gain", [0.0, 0.04])
def test_the_interval_of_a_gain_covers_it_in_95_of_100_cases(gain: float) -> None:
    random, covered = np.random.default_rng(4), 0
    for _ in range(3000):
        low, high = gain_interval(draw(random, 600, 0.12, gain, 0.85))
        covered += low <= gain <= high
    assert covered / 3000 == pytest.approx(0.95, abs=3 * (0.95 * 0.05 / 3000) ** 0.5)


def test_a_gain_that_looks_certain_still_has_an_interval() -> None:
    low, high = gain_interval(PairedCounts(both=50, only_challenger=0, only_champion=0, neither=0))
    assert low < 0 < high

"""The predicted chances are those that simulation finds."""

import numpy as np
import pytest

from auto_retrain.statistics.paired import PairedCounts, mcnemar_mid_p
from auto_retrain.statistics.power import (
    chance_to_reach,
    error_of_interval,
    errors_of_gain,
    errors_of_paired_shares,
    smallest_significant,
)
from auto_retrain.statistics.separation import quantile_codes, separation_of_classes, separation_of_numbers


def power_of_paired_shares(gain: float, discordant: float, rows: float, alpha: float) -> float:
    """The chance that McNemar's test sees a gain, whatever its size is asked to be."""
    errors = errors_of_paired_shares(gain, discordant - gain**2, rows)
    return chance_to_reach(smallest_significant(errors.null, alpha), gain, errors.actual)


def power_at_error(gain: float, error: float, alpha: float) -> float:
    return chance_to_reach(smallest_significant(error, alpha), gain, error)


@pytest.mark.parametrize(("n", "gain", "known"), [(1000, 0.01, 0.253), (1000, 0.02, 0.640), (1000, 0.0425, 0.997)])
def test_the_power_of_a_comparison_of_accuracies_is_that_of_the_test(n: int, gain: float, known: float) -> None:
    predicted = power_of_paired_shares(gain, 0.10, n, 0.05)
    assert predicted == pytest.approx(known, abs=0.02)
    random, detected = np.random.default_rng(n), 0
    shares = [0.85 - (0.1 - gain) / 2, (0.1 + gain) / 2, (0.1 - gain) / 2]
    for _ in range(2000):
        counts = PairedCounts(*(int(count) for count in random.multinomial(n, [*shares, 1 - sum(shares)])))
        detected += mcnemar_mid_p(counts) <= 0.05
    assert predicted == pytest.approx(detected / 2000, abs=0.04)


# Known numbers of rows for a power of 80 %.
@pytest.mark.parametrize(
    ("rows", "gain", "discordant"),
    [(3090, 0.01, 0.05), (6182, 0.01, 0.10), (12_365, 0.01, 0.20), (1544, 0.02, 0.10), (341, 0.0425, 0.10)],
)
def test_the_known_numbers_of_rows_give_a_power_of_eighty_percent(rows: int, gain: float, discordant: float) -> None:
    assert power_of_paired_shares(gain, discordant, rows, 0.05) == pytest.approx(0.8, abs=0.005)


def test_without_a_gain_one_is_detected_as_often_as_the_test_errs() -> None:
    assert power_of_paired_shares(0.0, 0.1, 1000, 0.05) == pytest.approx(0.05)
    assert power_at_error(0.0, 0.01, 0.05) == pytest.approx(0.05)


def test_versions_differ_in_at_least_as_many_rows_as_one_of_them_gains() -> None:
    assert power_of_paired_shares(0.2, 0.1, 1000, 0.05) > 0.999


def test_a_gain_of_two_and_a_half_standard_errors_is_detected_in_four_of_five_cases() -> None:
    assert power_at_error(2.486, 1.0, 0.05) == pytest.approx(0.8, abs=0.001)
    assert power_at_error(1.0, 0.0, 0.05) == 1.0
    assert errors_of_gain(4.0, 100) == (0.2, 0.2)


def test_an_exact_estimate_reaches_what_it_is_and_nothing_above_it() -> None:
    assert [chance_to_reach(bar, 0.1, 0.0) for bar in (0.09, 0.1, 0.11)] == [1.0, 1.0, 0.0]


def test_a_gain_exactly_as_large_as_asked_is_reached_in_half_of_the_cases_however_many_rows_there_are() -> None:
    assert [chance_to_reach(0.05, 0.05, error) for error in (0.1, 0.001)] == [0.5, 0.5]


def test_an_interval_for_twenty_challengers_hides_the_same_error_as_one_for_one() -> None:
    assert error_of_interval(-1.96, 1.96, 0.95) == pytest.approx(1, abs=1e-4)
    assert error_of_interval(-3.0233, 3.0233, 1 - 0.05 / 20) == pytest.approx(1, abs=1e-4)


def test_a_feature_that_is_the_label_removes_all_uncertainty_and_noise_removes_none() -> None:
    random = np.random.default_rng(1)
    labels = random.integers(0, 3, 5000)
    assert separation_of_classes(labels, labels) > 0.99
    assert separation_of_classes(random.integers(0, 20, 5000), labels) < 0.1
    # Each row has its own value, and none of these reveals more than its own row.
    assert separation_of_classes(np.arange(5000), labels) == 0
    numbers = random.normal(size=5000)
    assert separation_of_numbers(quantile_codes(numbers), 3 * numbers + 1) > 0.97
    assert separation_of_numbers(quantile_codes(random.normal(size=5000)), numbers) < 0.05
    assert separation_of_numbers(np.arange(5000), numbers) == pytest.approx(0, abs=1e-9)


def test_missing_numbers_have_a_code_of_their_own() -> None:
    codes = quantile_codes(np.array([np.nan, 1.0, 2.0, np.nan, 3.0]))
    assert codes[0] == codes[3] == 0
    assert set(codes[[1, 2, 4]]) == {1}
    assert len(set(quantile_codes(np.arange(5000.0)))) == 50
    assert quantile_codes(np.full(3, np.nan)).tolist() == [0, 0, 0]

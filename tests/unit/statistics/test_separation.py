"""A label that is a threshold of a feature is seen wherever the threshold lies; a strong honest feature is no leak."""

import numpy as np
import pytest

from auto_retrain.data_checks import leakage
from auto_retrain.domain.metric_kinds import Task
from auto_retrain.statistics import separation
from auto_retrain.statistics.separation import (
    codes_cut_by_classes,
    codes_cut_by_numbers,
    quantile_codes,
    separation_of_classes,
    separation_of_numbers,
)

SUSPICIOUS_SHARE = leakage.SUSPICIOUS_SHARE[Task.CLASSIFICATION]


@pytest.mark.parametrize("rows", [500, 5_000, 50_000])
@pytest.mark.parametrize("share_above", [0.5, 0.1, 0.02])
def test_a_threshold_is_seen_at_whatever_quantile_it_lies(rows: int, share_above: float) -> None:
    random = np.random.default_rng(rows)
    for _ in range(10):
        feature = random.lognormal(0, 1, rows).round(3)
        cut = np.quantile(feature, 1 - share_above * random.uniform(0.8, 1.2))
        for label in (feature > cut, feature <= cut):
            codes = codes_cut_by_classes(feature, label.astype(int))
            rarer = min(label.sum(), (~label).sum())
            assert separation_of_classes(codes, label.astype(int)) == pytest.approx(1 - 0.5 / rarer)


def test_without_cuts_the_bins_alone_would_miss_it() -> None:
    feature = np.arange(5_000.0)
    label = (feature > 4_910).astype(int)
    assert separation_of_classes(quantile_codes(feature), label) < SUSPICIOUS_SHARE
    assert separation_of_classes(codes_cut_by_classes(feature, label), label) > SUSPICIOUS_SHARE


def test_infinite_values_come_several_times_and_may_be_what_tells_the_label() -> None:
    feature = np.concatenate([np.full(50, -np.inf), np.arange(900.0), np.full(50, np.inf)])
    label = (feature > 880).astype(int)
    assert separation_of_classes(codes_cut_by_classes(feature, label), label) > SUSPICIOUS_SHARE


def test_several_thresholds_missing_values_and_an_interval_are_seen_as_well() -> None:
    random = np.random.default_rng(2)
    feature = random.normal(size=5_000)
    feature[:200] = np.nan
    for label in (np.digitize(feature, [-0.7, 0.15, 0.9]), (abs(feature) < 0.33).astype(int)):
        assert separation_of_classes(codes_cut_by_classes(feature, label), label) > SUSPICIOUS_SHARE


@pytest.mark.parametrize("rows", [500, 5_000, 50_000])
@pytest.mark.parametrize("positives", [0.5, 0.1])
def test_a_strong_honest_feature_is_no_leak(rows: int, positives: float) -> None:
    random = np.random.default_rng(rows)
    for _ in range(10):
        label = (random.random(rows) < positives).astype(int)
        # The area under the ROC curve is 0.97.
        feature = random.normal(2.66 * label, 1)
        assert separation_of_classes(codes_cut_by_classes(feature, label), label) < 0.95


# Areas under the ROC curve of 0.95, 0.98 and 0.99.
@pytest.mark.parametrize("distance", [2.33, 2.90, 3.29])
@pytest.mark.parametrize("rows", [15, 30, 100, 427, 2_000])
@pytest.mark.parametrize("positives", [0.5, 0.1])
def test_of_however_few_rows_a_strong_feature_is_hardly_ever_taken_for_a_leak(
    distance: float, rows: int, positives: float
) -> None:
    random = np.random.default_rng(rows)
    taken = 0
    for _ in range(100):
        label = (random.random(rows) < positives).astype(int)
        feature = random.normal(distance * label, 1)
        taken += separation_of_classes(codes_cut_by_classes(feature, label), label) >= SUSPICIOUS_SHARE
    assert taken <= (5 if rows < 427 else 0)


@pytest.mark.parametrize(("rows", "wrong"), [(100, 0), (200, 2), (427, 4), (2_000, 20)])
@pytest.mark.parametrize("positives", [0.5, 0.45])
def test_a_copy_of_the_label_is_a_leak_even_with_one_percent_of_noise(rows: int, wrong: int, positives: float) -> None:
    random = np.random.default_rng(rows)
    for _ in range(20):
        label = (random.permutation(rows) < positives * rows).astype(int)
        copy = label.copy()
        copy[random.choice(rows, wrong, replace=False)] ^= 1
        for codes in (copy, codes_cut_by_classes(copy + 0.0, label)):
            assert separation_of_classes(codes, label) >= SUSPICIOUS_SHARE


def test_noise_separates_little_however_it_is_cut() -> None:
    random = np.random.default_rng(3)
    feature, label = random.normal(size=5_000), random.integers(0, 2, 5_000)
    assert separation_of_classes(codes_cut_by_classes(feature, label), label) < 0.25
    assert separation_of_numbers(codes_cut_by_numbers(feature, label + 0.0), label + 0.0) < 0.1


def test_a_number_that_is_a_step_of_the_feature_is_seen() -> None:
    feature = np.arange(5_000.0)
    label = np.where(feature > 4_955, 100.0, feature / 5_000)
    assert separation_of_numbers(quantile_codes(feature), label) < SUSPICIOUS_SHARE
    assert separation_of_numbers(codes_cut_by_numbers(feature, label), label) > SUSPICIOUS_SHARE


def test_very_many_classes_in_a_bin_are_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(separation, "MAX_CELLS", 10)
    feature = np.arange(5_000.0)
    label = (feature > 4_910).astype(int)
    assert separation_of_classes(codes_cut_by_classes(feature, label), label) < SUSPICIOUS_SHARE


@pytest.mark.parametrize("value", [np.nan, 1.0, np.inf])
def test_a_constant_feature_has_nothing_to_cut(value: float) -> None:
    label = np.array([0, 1] * 50)
    assert separation_of_classes(codes_cut_by_classes(np.full(100, value), label), label) == 0

"""Areas under curves agree with scikit-learn, and DeLong's test errs as often as it promises."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn import metrics as reference

from auto_retrain.statistics.ranking import (
    average_precision,
    average_precision_replicates,
    average_precision_sums,
    delong_p_value,
    macro_roc_auc,
    precision_recall_curve,
    roc_auc,
    roc_auc_interval,
    roc_curve,
)
from auto_retrain.statistics.resampling import Sample, percentile_interval


def some(rows: int, share: float, seed: int, digits: int = 16) -> tuple[np.ndarray, np.ndarray]:
    """Which rows are positive, and scores that tend to be higher for them; few digits make ties."""
    random = np.random.default_rng(seed)
    positive = random.random(rows) < share
    positive[:2] = [True, False]
    return positive, np.round(norm.cdf(random.normal(size=rows) + positive), digits)


@pytest.mark.parametrize("digits", [16, 1])
@pytest.mark.parametrize("share", [0.5, 0.02])
@pytest.mark.parametrize("rows", [100, 5000])
def test_areas_agree_with_scikit_learn(rows: int, share: float, digits: int) -> None:
    positive, scores = some(rows, share, rows, digits)
    assert roc_auc(positive, scores).value == pytest.approx(reference.roc_auc_score(positive, scores), abs=1e-12)
    expected = reference.average_precision_score(positive, scores)
    assert average_precision(positive, scores) == pytest.approx(expected, abs=1e-12)


def test_many_classes_are_averaged_one_against_the_rest() -> None:
    random = np.random.default_rng(3)
    labels = random.integers(0, 4, 500)
    raw = random.random((500, 4)) + 0.7 * np.eye(4)[labels]
    scores = raw / raw.sum(axis=1, keepdims=True)
    expected = reference.roc_auc_score(labels, scores, multi_class="ovr", average="macro")
    assert macro_roc_auc(labels, scores).value == pytest.approx(expected, abs=1e-12)


def test_the_influences_have_delongs_variance() -> None:
    positive, scores = some(60, 0.3, seed=4, digits=2)
    above = np.sign(scores[positive][:, None] - scores[~positive][None, :]) / 2 + 0.5
    of_positives, of_negatives = above.mean(axis=1), above.mean(axis=0)
    variance = of_positives.var(ddof=1) / positive.sum() + of_negatives.var(ddof=1) / (~positive).sum()
    influence = roc_auc(positive, scores).influence
    assert influence @ influence == pytest.approx(variance, abs=1e-14)


@pytest.mark.parametrize(("share", "rows"), [(0.5, 500), (0.05, 500), (0.01, 2000)])
def test_delong_calls_an_equal_challenger_better_about_as_often_as_it_says(share: float, rows: int) -> None:
    # Known to be about .047, .040 and .048 at correlation 0.8; four standard errors of 1,000 runs.
    random, better, runs = np.random.default_rng(rows), 0, 1000
    for _ in range(runs):
        positive = np.arange(rows) < max(2, round(rows * share))
        common = random.normal(size=rows)
        challenger, champion = (
            roc_auc(positive, 1.466 * positive + np.sqrt(0.8) * common + np.sqrt(0.2) * random.normal(size=rows))
            for _ in range(2)
        )
        better += delong_p_value(challenger, champion, Sample(rows, seed=0)) <= 0.05
    assert better / runs <= 0.05 + 4 * (0.05 * 0.95 / runs) ** 0.5


def test_rows_of_one_entity_are_one_piece_of_evidence() -> None:
    random = np.random.default_rng(5)
    positive = np.repeat(random.random(100) < 0.5, 10)
    shared = np.repeat(random.normal(size=(2, 100)), 10, axis=1)
    challenger, champion = (roc_auc(positive, positive + noise) for noise in shared)
    alone = delong_p_value(challenger, champion, Sample(1000, seed=0))
    together = delong_p_value(challenger, champion, Sample(1000, seed=0, entities=np.repeat(np.arange(100), 10)))
    assert abs(together - 0.5) < abs(alone - 0.5)
    repeated = (challenger.value - champion.value) / abs(norm.ppf(together))
    assert repeated == pytest.approx(np.sqrt(10) * (challenger.value - champion.value) / abs(norm.ppf(alone)), rel=0.05)


def true_average_precision(share: float, shift: float) -> float:
    """Mean over the positives' scores of the precision that each of them has as a threshold."""
    thresholds = norm.isf((np.arange(100_000) + 0.5) / 100_000) + shift
    hits, false = share * norm.sf(thresholds - shift), (1 - share) * norm.sf(thresholds)
    return float(np.mean(hits / (hits + false)))


@pytest.mark.parametrize(
    ("share", "rows", "shift"), [(0.2, 1500, 1.0), (0.02, 10_000, 3.0), (0.005, 10_000, 3.5), (0.005, 40_000, 3.5)]
)
def test_the_interval_of_the_average_precision_covers_the_truth_and_its_value(
    share: float, rows: int, shift: float
) -> None:
    truth = true_average_precision(share, shift)
    # The draws do not depend on the rows, so one set of them serves all runs.
    covered, runs, sample, random = 0, 60, Sample(rows, 0), np.random.default_rng(6)
    for _ in range(runs):
        positive = np.arange(rows) < random.binomial(rows, share)
        scores = random.normal(size=rows) + shift * positive
        low, high = percentile_interval(
            average_precision_replicates(
                average_precision_sums(positive, scores, sample), average_precision(positive, scores), sample
            )
        )
        assert low < average_precision(positive, scores) < high
        covered += low <= truth <= high
    # 50 positives leave a few hundredths; four standard errors of 60 runs.
    assert covered / runs >= 0.93 - 4 * (0.93 * 0.07 / runs) ** 0.5


def test_replicates_of_the_average_precision_are_exact_at_each_positive_row() -> None:
    positive, scores = some(5000, 0.02, seed=8)
    sample = Sample(5000, 0)
    sums = average_precision_sums(positive, scores, sample)
    value = average_precision(positive, scores)
    assert sums.shape[1] == 2 * positive.sum()
    drawn = np.repeat(np.arange(5000), sample.weights[7][sample.groups].astype(int))
    expected = reference.average_precision_score(positive[drawn], scores[drawn])
    assert average_precision_replicates(sums, value, sample)[7] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("positives", "rows", "shift"), [(50, 1000, 1.5), (50, 2500, 2.5), (100, 2000, 2.5)])
def test_the_interval_of_an_area_covers_the_truth_with_few_positive_rows(
    positives: int, rows: int, shift: float
) -> None:
    truth, covered, runs, sample = norm.cdf(shift / np.sqrt(2)), 0, 600, Sample(rows, 0)
    random, positive = np.random.default_rng(rows), np.arange(rows) < positives
    for _ in range(runs):
        area = roc_auc(positive, random.normal(size=rows) + shift * positive)
        low, high = roc_auc_interval(area, sample, 0.95)
        covered += low <= truth <= high
    assert covered / runs >= 0.95 - 4 * (0.95 * 0.05 / runs) ** 0.5


def test_a_perfect_area_is_not_certain() -> None:
    positive = np.arange(1000) < 50
    low, high = roc_auc_interval(roc_auc(positive, positive.astype(float)), Sample(1000, 0), 0.95)
    assert (low, high) == (pytest.approx(0.980, abs=0.001), 1.0)


def test_the_curves_agree_with_scikit_learn() -> None:
    positive, scores = some(300, 0.3, seed=7, digits=2)
    false, true = roc_curve(positive, scores)
    assert reference.auc(false, true) == pytest.approx(roc_auc(positive, scores).value, abs=1e-12)
    recall, precision = precision_recall_curve(positive, scores)
    expected_precision, expected_recall, _ = reference.precision_recall_curve(positive, scores)
    ours, expected = np.stack([recall, precision]), np.stack([expected_recall, expected_precision])
    assert ours[:, ::-1] == pytest.approx(expected[:, :-1], abs=1e-12)

"""Metrics estimated from scores are what labels say later, as often as promised, and blind to concept drift."""

from collections import defaultdict
from collections.abc import Callable

import numpy as np
import pytest
from sklearn import metrics

from auto_retrain.statistics.calibration import edges_of, fit_chances, groups_of
from auto_retrain.statistics.estimated_performance import (
    Chances,
    Estimate,
    chances_of,
    estimate_classes,
    estimate_loss,
    estimate_right,
    root_of,
)
from tests.unit.scored import measured

Array = np.ndarray
Draw = Callable[[np.random.Generator, int], Array]

CLASS_METRICS = ("accuracy", "precision", "recall", "f1_score", "roc_auc")


def usual(random: np.random.Generator, rows: int) -> Array:
    return random.beta(0.6, 0.9, rows)


def harder(random: np.random.Generator, rows: int) -> Array:
    return random.beta(3, 3.5, rows)


def easier(random: np.random.Generator, rows: int) -> Array:
    return random.beta(0.3, 0.5, rows)


def rare(random: np.random.Generator, rows: int) -> Array:
    return random.beta(0.3, 6, rows)


def as_they_are(chances: Array) -> Array:
    return chances


def overconfident(chances: Array) -> Array:
    return chances**2 / (chances**2 + (1 - chances) ** 2)


def learned_from(scores: Array, labels: Array) -> tuple[Array, Chances]:
    """Edges and chances from a labelled holdout."""
    edges = edges_of(scores)
    groups = groups_of(scores, edges)
    return edges, chances_of(fit_chances(groups, labels).tolist(), np.bincount(groups).tolist())


def estimated(scores: Array, answers: Array, edges: Array, chances: Chances) -> dict[str, Estimate | None]:
    groups, n_groups = groups_of(scores, edges), edges.size + 1
    others, positives = (np.bincount(groups[answers == kind], minlength=n_groups).tolist() for kind in (False, True))
    return estimate_classes(others, positives, chances)


def simulate(
    then: Draw, now: Draw, scored: Callable[[Array], Array], came: Callable[[Array], Array], runs: int, rows: int
) -> tuple[dict[str, float], dict[str, float]]:
    """How often each interval holds what the labels say, and the mean of estimate - truth."""
    covered, excess = defaultdict(list), defaultdict(list)
    for run in range(runs):
        random = np.random.default_rng([20, run])
        true = then(random, 2000)
        edges, chances = learned_from(scored(true), random.random(2000) < true)
        true = now(random, rows)
        scores, labels = scored(true), random.random(rows) < came(true)
        truth = measured(labels, scores >= 0.5, scores)
        for name, estimate in estimated(scores, scores >= 0.5, edges, chances).items():
            if estimate:
                low, high = estimate.share_interval()
                covered[name].append(low <= truth[name] <= high)
                excess[name].append(estimate.value - truth[name])
    return tuple({name: float(np.mean(each)) for name, each in by.items()} for by in (covered, excess))  # type: ignore[return-value]


@pytest.mark.parametrize("now", [usual, harder, easier])
def test_labels_agree_with_the_estimate_as_often_as_it_says_whether_rows_get_harder_or_easier(now: Draw) -> None:
    """Of overconfident scores, which is all the same: only their order counts."""
    covered, excess = simulate(usual, now, overconfident, as_they_are, runs=150, rows=1000)
    for name in CLASS_METRICS:
        # Nominal 0.95; four standard errors of 150 runs are 0.071. A fit on the same rows is a little too hopeful.
        assert covered[name] > 0.879, name
        assert abs(excess[name]) < 0.008, name


def test_a_rare_class_is_estimated_where_enough_rows_are_expected_to_tell() -> None:
    covered, excess = simulate(rare, rare, overconfident, as_they_are, runs=150, rows=1000)
    assert set(covered) == {"accuracy", "roc_auc"}
    assert min(covered.values()) > 0.88
    assert abs(excess["accuracy"]) < 0.002


def test_concept_drift_is_invisible() -> None:
    """The limit of all such estimates: the same scores, which come true less often, give the same estimate."""
    covered, excess = simulate(usual, usual, as_they_are, lambda true: 0.5 + 0.7 * (true - 0.5), runs=60, rows=2000)
    assert covered["accuracy"] < 0.05
    assert excess["accuracy"] == pytest.approx(0.086, abs=0.01)
    assert excess["roc_auc"] == pytest.approx(0.116, abs=0.01)


def test_known_chances_give_the_sums_of_the_formulas() -> None:
    chances = known([0.1, 0.5, 0.9])
    others, positives = [60.0, 20.0, 0.0], [0.0, 30.0, 90.0]
    estimates = estimate_classes(others, positives, chances)
    hits, misses = 30 * 0.5 + 90 * 0.9, 60 * 0.1 + 20 * 0.5
    assert _value(estimates["accuracy"]) == pytest.approx((hits + 80 - misses) / 200)
    assert _value(estimates["precision"]) == pytest.approx(hits / 120)
    assert _value(estimates["recall"]) == pytest.approx(hits / (hits + misses))
    assert _value(estimates["f1_score"]) == pytest.approx(2 * hits / (120 + hits + misses))


def test_the_area_is_that_of_rows_with_these_weights() -> None:
    random = np.random.default_rng(6)
    p, rows = np.sort(random.random(20)), random.integers(20, 50, 20)
    estimate = estimate_classes(rows.tolist(), [0] * 20, known(p.tolist()))["roc_auc"]
    places = np.arange(20)
    labels, scores = np.repeat([1, 0], 20), np.concatenate([places, places])
    expected = metrics.roc_auc_score(labels, scores, sample_weight=np.concatenate([rows * p, rows * (1 - p)]))
    assert _value(estimate) == pytest.approx(expected, abs=1e-12)


def test_the_errors_are_those_of_labels_drawn_from_the_chances() -> None:
    """Delta method against 1,000 draws of all labels, and against the Poisson-binomial variance."""
    random = np.random.default_rng(7)
    p = np.sort(random.beta(0.6, 0.9, 600))
    answers = p >= 0.5
    ones = [[float(not each) for each in answers], [float(each) for each in answers]]
    estimates = estimate_classes(*ones, known(p.tolist()))
    draws = [measured(random.random(600) < p, answers, p) for _ in range(1000)]
    for name in CLASS_METRICS:
        estimate = estimates[name]
        assert estimate is not None
        assert estimate.of_labels == pytest.approx(np.std([draw[name] for draw in draws]), rel=0.1), name
    assert estimates["accuracy"].of_labels == pytest.approx(np.sqrt((p * (1 - p)).sum()) / 600)  # type: ignore[union-attr]


def test_a_small_holdout_makes_a_large_window_no_surer() -> None:
    small, large = (estimate_right([1e6, 1e6], chances_of([0.8, 0.9], [rows, rows])) for rows in (100.0, 10_000.0))
    assert small.value == large.value == pytest.approx(0.85)
    assert small.error == pytest.approx(10 * large.error, rel=0.01)
    assert small.error == pytest.approx(np.sqrt(0.25 * (0.16 + 0.09) / 100), rel=0.01)


def test_a_model_that_was_never_wrong_on_its_holdout_is_not_taken_for_infallible() -> None:
    estimate = estimate_right([500.0], chances_of([1.0], [300.0]))
    low, high = estimate.share_interval()
    assert estimate.value == 1
    assert 0.98 < low < 0.998
    assert high == pytest.approx(1)


def test_rows_that_are_alike_make_the_labels_less_sure() -> None:
    chances = chances_of([0.7, 0.9], [1000.0, 1000.0])
    alone, alike = (estimate_right([500.0, 500.0], chances, design_effect) for design_effect in (1.0, 4.0))
    assert alike.of_labels == pytest.approx(2 * alone.of_labels)
    assert alike.of_holdout == alone.of_holdout


def test_the_loss_of_a_regression_follows_its_predictions_to_where_it_erred_more() -> None:
    """Errors grow with the prediction. Its interval holds the truth while only the predictions move."""
    covered = []
    for run in range(150):
        random = np.random.default_rng([8, run])
        predictions = random.uniform(0, 10, 2000)
        losses = np.abs(random.normal(0, 0.2 + 0.1 * predictions))
        edges = edges_of(predictions)
        groups = groups_of(predictions, edges)
        known = np.bincount(groups)
        means = np.bincount(groups, losses) / known
        variances = np.bincount(groups, losses**2) / known - means**2
        now = random.uniform(5, 10, 1000)
        rows = np.bincount(groups_of(now, edges), minlength=known.size)
        estimate = estimate_loss(rows.tolist(), means.tolist(), variances.tolist(), known.tolist(), losses.max())
        truth = np.abs(random.normal(0, 0.2 + 0.1 * now)).mean()
        low, high = estimate.loss_interval()
        covered.append(low <= truth <= high)
        assert estimate.value > 1.25 * losses.mean()
    assert np.mean(covered) > 0.88


def test_a_regression_whose_errors_grew_everywhere_looks_the_same() -> None:
    """What it cannot see: only the predictions count, and they have not moved."""
    estimate = estimate_loss([100.0, 100.0], [1.0, 2.0], [0.5, 0.5], [500.0, 500.0], 4.0)
    assert estimate.value == 1.5


def test_the_root_of_a_mean_square_has_the_error_of_the_delta_method() -> None:
    root = root_of(Estimate(4.0, 0.4, 0.8, unseen=5.0))
    assert (root.value, root.unseen) == (2, 1.25)
    assert (root.of_labels, root.of_holdout) == pytest.approx((0.1, 0.2))
    assert root_of(Estimate(0.0, 0.0, 0.0)).error == 0


def test_intervals_stay_where_a_metric_can_be() -> None:
    low, high = Estimate(0.999, 0.01, 0.01).share_interval()
    assert 0 <= low < 0.999
    assert high <= 1
    assert Estimate(0.1, 0.2, 0.2).loss_interval()[0] == 0
    assert Estimate(0.5, 0.0, 0.0).share_interval() == (0.5, 0.5)


def known(chances: list[float]) -> Chances:
    """From so many rows of the holdout that they are as good as certain."""
    return Chances(chances, chances, [1e12] * len(chances))


def _value(estimate: Estimate | None) -> float:
    assert estimate is not None
    return estimate.value

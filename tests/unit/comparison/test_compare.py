"""The evidence that a comparison gathers for the gates."""

from typing import Any

import numpy as np
import pytest

from auto_retrain.comparison.compare import compare
from auto_retrain.comparison.pair_up import pair_up
from auto_retrain.comparison.predictions import Predictions
from auto_retrain.comparison.versions import Versions
from auto_retrain.domain.comparison import Comparison
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.verdict import Outcome, worst
from auto_retrain.gates import judge_gates
from tests.unit.builders import a_policy
from tests.unit.comparison.answers import of_classes, of_numbers, policy_with, regression_policy, with_scores


def regressed(policy: Policy, challenger: float, champion: float, **more: Any) -> Comparison:
    random = np.random.default_rng(7)
    labels = random.normal(100, 10, 1000)
    pair = pair_up(*(of_numbers(labels, noise, random, **more) for noise in (challenger, champion)), policy, 0)
    return compare(pair)


def test_a_regression_is_compared_by_its_error() -> None:
    policy = regression_policy()
    better, worse = regressed(policy, 4, 5), regressed(policy, 5, 4)
    assert set(better.metrics) == {"rmse", "mae", "r2"}
    rmse = better.metrics["rmse"]
    assert rmse.value < 4.4 < 4.6 < (rmse.champion or 0)
    assert rmse.interval is not None
    assert rmse.interval[0] < rmse.value < rmse.interval[1]
    assert rmse.method == "sign_flips"
    assert better.improvement == pytest.approx(0.2, abs=0.06)
    assert worst(judge_gates(policy, better)) is Outcome.MET
    assert worst(judge_gates(policy, worse)) is Outcome.UNMET
    assert (better.rarest_class_rows, better.largest_class_share) == (None, None)


def test_a_regression_that_is_no_better_than_the_mean_is_refused() -> None:
    verdicts = judge_gates(regression_policy(), regressed(regression_policy(), 11, 20))
    assert [verdict.check for verdict in verdicts if verdict.outcome is Outcome.UNMET] == ["r2_floor"]


def test_two_classes_do_not_get_past_the_floor_by_posing_as_numbers() -> None:
    random = np.random.default_rng(8)
    labels = (np.arange(1000) % 2).astype(float)
    first = pair_up(of_numbers(labels, 0.3, random), None, regression_policy(), 0)
    assert worst(judge_gates(regression_policy(), compare(first))) is Outcome.ERROR


def test_a_first_model_has_intervals_but_neither_gains_nor_an_improvement() -> None:
    random = np.random.default_rng(9)
    first = pair_up(with_scores(np.arange(1000) % 2, 2.0, random), None, a_policy(), 0)
    comparison = compare(first)
    assert (comparison.has_champion, comparison.improvement, comparison.interval) == (False, None, None)
    assert {"accuracy", "roc_auc", "log_loss"} <= set(comparison.metrics)
    for metric in comparison.metrics.values():
        assert metric.interval is not None
        assert (metric.champion, metric.gain, metric.gain_bound, metric.p_value, metric.method) == (None,) * 5


def ranked(policy: Policy, challenger: float, champion: float, rows: int = 1000) -> Versions:
    random = np.random.default_rng(9)
    labels = np.arange(rows) % 2
    return pair_up(*(with_scores(labels, signal, random) for signal in (challenger, champion)), policy, 0)


def test_scores_give_every_metric_of_probabilities_and_ranks_with_intervals() -> None:
    metrics = compare(ranked(a_policy(), 1.5, 1.2)).metrics
    assert {"roc_auc", "pr_auc", "log_loss", "brier_score", "calibration_error", "f1_weighted"} <= set(metrics)
    for name, metric in metrics.items():
        assert metric.interval is not None, name
        assert metric.interval[0] <= metric.value <= metric.interval[1], name
        assert metric.gain_interval is not None, name
        assert metric.gain is not None, name
        assert metric.gain_interval[0] <= metric.gain <= metric.gain_interval[1], name
    assert (metrics["roc_auc"].method, metrics["accuracy"].method) == ("delong", "mcnemar_mid_p")


@pytest.mark.parametrize("metric", ["roc_auc", "pr_auc", "log_loss", "brier_score", "f1_score", "balanced_accuracy"])
def test_any_metric_may_be_the_one_that_decides(metric: str) -> None:
    policy = a_policy(validation={"primary_metric": metric, "min_improvement": 0.015})
    better, worse = (compare(ranked(policy, *signals)) for signals in ((2.5, 1.5), (1.5, 2.5)))
    assert worst(judge_gates(policy, better)) is Outcome.MET
    assert worst(judge_gates(policy, worse)) is Outcome.UNMET


def test_a_metric_of_probabilities_is_unknown_when_one_version_has_none() -> None:
    random, policy = np.random.default_rng(1), a_policy(validation={"primary_metric": "roc_auc"})
    without_scores = of_classes(np.arange(1000) % 20 > 0)
    pair = pair_up(with_scores(np.arange(1000) % 2, 2.0, random), without_scores, policy, 0)
    verdicts = judge_gates(policy, compare(pair))
    assert worst(verdicts) is Outcome.INCONCLUSIVE
    assert "roc_auc is not known for both versions" in [verdict.reason for verdict in verdicts]


def test_the_users_own_metric_is_compared_like_any_other() -> None:
    policy = a_policy(
        validation={
            "primary_metric": "row_metric",
            "row_metric": "shop:cost",
            "row_metric_direction": "lower_is_better",
        }
    )
    random, right = np.random.default_rng(2), np.arange(1000) % 20 > 0
    challenger, champion = (of_classes(right, row_metric=random.normal(cost, 1, 1000)) for cost in (8, 10))
    comparison = compare(pair_up(challenger, champion, policy, 0))
    assert comparison.metrics["row_metric"].gain == pytest.approx(2, abs=0.2)
    assert worst(judge_gates(policy, comparison)) is Outcome.MET


def test_rows_of_few_entities_are_less_evidence_than_they_seem() -> None:
    entities = np.repeat(np.arange(60), 20).astype(str)
    random = np.random.default_rng(3)
    # A whole customer at a time, the challenger gets right what the champion gets wrong, or the other way round.
    better = np.repeat(random.choice([0, 1, 2], 60, p=[0.7, 0.18, 0.12]), 20)
    challenger = of_classes(better != 2, entities=entities)
    champion = of_classes(better != 1, entities=entities)
    alone = compare(pair_up(of_classes(better != 2), of_classes(better != 1), a_policy(), 0)).metrics["accuracy"]
    together = compare(pair_up(challenger, champion, policy_with(entity="customer"), 0))
    accuracy = together.metrics["accuracy"]
    assert together.entities == 60
    assert accuracy.method == "sign_flips"
    assert alone.interval is not None
    assert accuracy.interval is not None
    assert accuracy.interval[1] - accuracy.interval[0] > 3 * (alone.interval[1] - alone.interval[0])
    assert alone.p_value is not None
    assert accuracy.p_value is not None
    assert alone.p_value < 0.001 < accuracy.p_value


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_nothing_is_made_up_from_a_handful_of_numbers(rows: int) -> None:
    random, labels = np.random.default_rng(1), np.arange(float(rows))
    policy = regression_policy(primary_metric="r2")
    pair = pair_up(*(of_numbers(labels, noise, random) for noise in (0.1, 0.2)), policy, 0)
    assert worst(judge_gates(policy, compare(pair))) is not Outcome.MET


@pytest.mark.parametrize("with_champion", [False, True])
@pytest.mark.parametrize("n_classes", [2, 3, 25])
@pytest.mark.parametrize("rows", [1, 2, 3, 10])
def test_nothing_is_made_up_from_a_handful_of_classes(rows: int, n_classes: int, with_champion: bool) -> None:
    random, policy = np.random.default_rng(rows), a_policy()

    def some() -> Predictions:
        scores = random.random((rows, n_classes))
        labels = np.arange(rows) % n_classes
        classes = np.array([f"c{code:02}" for code in range(n_classes)])
        ids = np.arange(rows).astype(str)
        return Predictions(ids, labels, labels, classes, scores / scores.sum(axis=1, keepdims=True))

    comparison = compare(pair_up(some(), some() if with_champion else None, policy, 0))
    assert worst(judge_gates(policy, comparison)) is not Outcome.MET


def of_frauds(rows: int, frauds: int, caught: int, seed: int) -> Predictions:
    """Three known classes, of which only some rows are frauds."""
    random, classes = np.random.default_rng(seed), np.array(["fraud", "ok", "unsure"])
    labels = np.where(np.arange(rows) < frauds, 0, 1 + np.arange(rows) % 2)
    right = np.where(labels == 0, np.arange(rows) < caught, random.random(rows) < 0.95)
    return Predictions(np.arange(rows).astype(str), labels, np.where(right, labels, 3 - np.maximum(labels, 1)), classes)


@pytest.mark.parametrize("metric", ["recall", "precision", "f1_score"])
def test_a_guarded_metric_without_a_case_is_unknown_and_such_rows_cannot_decide(metric: str) -> None:
    policy = policy_with(positive_label="fraud").changed(
        validation=a_policy(validation={"guardrails": {metric: 0.01}}).validation
    )
    challenger, champion = of_frauds(2000, 0, 0, 1), of_frauds(2000, 0, 0, 2)
    comparison = compare(pair_up(challenger, champion, policy, 0))
    by_check = {verdict.check: verdict for verdict in judge_gates(policy, comparison)}
    assert by_check[f"guardrail_{metric}"].outcome is Outcome.INCONCLUSIVE
    assert by_check["holdout_size"].reason == "0 holdout rows of the rarest class (50 needed)"
    with_cases = compare(pair_up(of_frauds(2000, 60, 50, 1), of_frauds(2000, 60, 50, 2), policy, 0))
    assert metric in with_cases.metrics


def test_few_entities_of_unequal_size_cannot_decide() -> None:
    # One entity has 30 % of the rows: such comparisons promoted equal models ten times as often as they should.
    entities = np.where(np.arange(5000) < 1500, 0, np.arange(5000)).astype(str)
    policy, random = policy_with(entity="customer"), np.random.default_rng(4)
    one, other = (of_classes(random.random(5000) < 0.9, entities=entities) for _ in range(2))
    comparison = compare(pair_up(one, other, policy, 0))
    assert (comparison.entities, comparison.effective_entities) == (3501, pytest.approx(11.09, abs=0.01))
    assert worst(judge_gates(policy, comparison)) is Outcome.INCONCLUSIVE

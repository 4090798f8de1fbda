"""What is found when two versions are compared, and how often that misleads."""

from typing import Any

import numpy as np
import pytest

from auto_retrain.comparison.compare import compare
from auto_retrain.comparison.confusion import confusion_of
from auto_retrain.comparison.pair import Versions
from auto_retrain.comparison.pair_up import pair_up
from auto_retrain.comparison.predictions import Predictions
from auto_retrain.comparison.slices import compare_slices
from auto_retrain.domain.comparison import Comparison
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.verdict import Outcome, worst
from auto_retrain.gates import judge_gates
from auto_retrain.gates.min_improvement import judge_min_improvement
from auto_retrain.gates.paired_evidence import judge_paired_evidence
from tests.unit.builders import a_policy

CLASSES = np.array(["no", "yes"])


def regression_policy(**validation: Any) -> Policy:
    data = {"prefix": "churn", "row_id": "id", "label": "price", "task": "regression", "numeric": ["age"]}
    return a_policy(data=data, validation=validation)


def of_classes(right: np.ndarray, **more: Any) -> Predictions:
    """Answers to alternating labels that are right in the given rows."""
    labels = np.arange(right.size) % 2
    ids = np.arange(right.size).astype(str)
    return Predictions(ids, labels, np.where(right, labels, 1 - labels), CLASSES, **more)


def with_scores(labels: np.ndarray, signal: float, random: np.random.Generator, **more: Any) -> Predictions:
    """A model whose probability for yes knows more or less of the labels."""
    yes = 1 / (1 + np.exp(-(signal * (2 * labels - 1) + random.normal(size=labels.size))))
    scores = np.column_stack([1 - yes, yes])
    return Predictions(np.arange(labels.size).astype(str), labels, (yes > 0.5).astype(int), CLASSES, scores, **more)


def of_numbers(labels: np.ndarray, noise: float, random: np.random.Generator, **more: Any) -> Predictions:
    predictions = labels + random.normal(0, noise, labels.size)
    return Predictions(np.arange(labels.size).astype(str), labels, predictions, **more)


def drawn(
    n: int, discordant: float, champion: float, gain: float, random: np.random.Generator
) -> tuple[Predictions, Predictions]:
    """Two models that disagree on a share of the rows; `gain` is the challenger's true accuracy less the champion's."""
    only_challenger, only_champion = (discordant + gain) / 2, (discordant - gain) / 2
    both = champion - only_champion
    cells = random.choice(4, n, p=[both, only_challenger, only_champion, 1 - both - discordant])
    return of_classes(np.isin(cells, [0, 1])), of_classes(np.isin(cells, [0, 2]))


# Simulated with 20,000 repetitions: the share promoted by the bare 5 %, by the test, and by both.
TABLE = [
    (200, 0.10, 0.85, 0.0, 0.031, 0.049, 0.030),
    (500, 0.10, 0.85, 0.0, 0.002, 0.048, 0.002),
    (1000, 0.10, 0.85, 0.0, 0.0, 0.050, 0.0),
    (1000, 0.10, 0.85, 0.01, 0.001, 0.253, 0.001),
    (1000, 0.10, 0.85, 0.02, 0.014, 0.640, 0.014),
    (1000, 0.10, 0.85, 0.0425, 0.494, 0.997, 0.494),
    (1000, 0.10, 0.85, 0.06, 0.956, 1.0, 0.956),
    (200, 0.25, 0.80, 0.0, 0.139, 0.051, 0.051),
    (200, 0.25, 0.80, -0.02, 0.050, 0.014, 0.014),
    (500, 0.25, 0.80, 0.0, 0.042, 0.050, 0.041),
]


@pytest.mark.parametrize(("n", "discordant", "champion", "gain", "by_rule", "by_test", "by_both"), TABLE)
def test_challengers_are_promoted_as_often_as_simulation_foretells(
    n: int, discordant: float, champion: float, gain: float, by_rule: float, by_test: float, by_both: float
) -> None:
    random, policy, runs = np.random.default_rng(n), a_policy(), 1000
    found = np.zeros(3)
    for _ in range(runs):
        comparison = compare(pair_up(*drawn(n, discordant, champion, gain, random), policy, 0), metrics=())
        enough, sure = (judge(policy, comparison)[0].met for judge in (judge_min_improvement, judge_paired_evidence))
        found += [enough, sure, enough and sure]
    for share, expected in zip(found / runs, (by_rule, by_test, by_both), strict=True):
        assert share == pytest.approx(expected, abs=0.002 + 4 * (expected * (1 - expected) / runs) ** 0.5)


@pytest.mark.parametrize("n", [200, 500, 1000, 5000])
@pytest.mark.parametrize(("discordant", "accuracy"), [(0.10, 0.90), (0.24, 0.87)])
def test_an_equal_challenger_is_promoted_by_the_default_gates_in_at_most_one_of_eighteen_cases(
    n: int, discordant: float, accuracy: float
) -> None:
    random, policy, runs = np.random.default_rng(n + 1), a_policy(), 600
    promoted = 0
    for _ in range(runs):
        comparison = compare(pair_up(*drawn(n, discordant, accuracy, 0.0, random), policy, 0), metrics=("accuracy",))
        promoted += worst(judge_gates(policy, comparison)) is Outcome.MET
    assert promoted / runs <= 0.055


@pytest.mark.parametrize(("basis", "limit"), [("error_reduction", 0.01), ("absolute", 0.01)])
def test_looser_bases_are_no_looser_with_equal_challengers(basis: str, limit: float) -> None:
    random, runs = np.random.default_rng(5), 1500
    policy = a_policy(validation={"improvement_basis": basis, "min_improvement": 0.001})
    promoted = 0
    for _ in range(runs):
        comparison = compare(pair_up(*drawn(1000, 0.1, 0.9, 0.0, random), policy, 0), metrics=())
        promoted += (
            judge_min_improvement(policy, comparison)[0].met and judge_paired_evidence(policy, comparison)[0].met
        )
    assert promoted / runs <= limit + 4 * (limit * (1 - limit) / runs) ** 0.5


def test_a_refresh_that_is_worse_by_just_the_margin_passes_no_more_often_than_it_may() -> None:
    random, runs, limit = np.random.default_rng(6), 1500, 0.01
    policy = a_policy(validation={"improvement_basis": "non_inferior", "non_inferiority_margin": 0.02})
    passed = sum(
        judge_min_improvement(policy, compare(pair_up(*drawn(2000, 0.1, 0.9, -0.02, random), policy, 0), metrics=()))[
            0
        ].met
        for _ in range(runs)
    )
    assert passed / runs <= limit + 4 * (limit * (1 - limit) / runs) ** 0.5


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
    assert rmse.method == "paired_bootstrap"
    assert better.improvement == pytest.approx(0.2, abs=0.06)
    assert worst(judge_gates(policy, better)) is Outcome.MET
    assert worst(judge_gates(policy, worse)) is Outcome.UNMET
    assert (better.rarest_class_rows, better.largest_class_share) == (None, None)


def test_a_regression_that_is_no_better_than_the_mean_is_refused() -> None:
    verdicts = judge_gates(regression_policy(), regressed(regression_policy(), 11, 20))
    assert [found.check for found in verdicts if found.outcome is Outcome.UNMET] == ["r2_floor"]


def test_two_classes_do_not_get_past_the_floor_by_calling_themselves_numbers() -> None:
    random = np.random.default_rng(8)
    labels = (np.arange(1000) % 2).astype(float)
    pair = pair_up(of_numbers(labels, 0.3, random), None, regression_policy(), 0)
    assert worst(judge_gates(regression_policy(), compare(pair))) is Outcome.ERROR


def ranked(policy: Policy, challenger: float, champion: float, rows: int = 1000) -> Versions:
    random = np.random.default_rng(9)
    labels = np.arange(rows) % 2
    return pair_up(*(with_scores(labels, signal, random) for signal in (challenger, champion)), policy, 0)


def test_scores_give_every_metric_of_probabilities_and_ranks_with_intervals() -> None:
    found = compare(ranked(a_policy(), 1.5, 1.2))
    assert {"roc_auc", "pr_auc", "log_loss", "brier_score", "calibration_error", "f1_weighted"} <= set(found.metrics)
    for name, metric in found.metrics.items():
        assert metric.interval is not None, name
        assert metric.interval[0] <= metric.value <= metric.interval[1], name
        assert metric.gain_interval is not None, name
        assert metric.gain is not None, name
        assert metric.gain_interval[0] <= metric.gain <= metric.gain_interval[1], name
    assert (found.metrics["roc_auc"].method, found.metrics["accuracy"].method) == ("delong", "mcnemar_mid_p")


@pytest.mark.parametrize("metric", ["roc_auc", "pr_auc", "log_loss", "brier_score", "f1_score", "balanced_accuracy"])
def test_any_metric_may_be_the_one_that_decides(metric: str) -> None:
    policy = a_policy(validation={"primary_metric": metric, "min_improvement": 0.015})
    better, worse = (compare(ranked(policy, *signals)) for signals in ((2.5, 1.5), (1.5, 2.5)))
    assert worst(judge_gates(policy, better)) is Outcome.MET
    assert worst(judge_gates(policy, worse)) is Outcome.UNMET


def test_a_metric_of_probabilities_is_unknown_without_them() -> None:
    random, policy = np.random.default_rng(1), a_policy(validation={"primary_metric": "roc_auc"})
    silent = of_classes(np.arange(1000) % 20 > 0)
    pair = pair_up(with_scores(np.arange(1000) % 2, 2.0, random), silent, policy, 0)
    verdicts = judge_gates(policy, compare(pair))
    assert worst(verdicts) is Outcome.INCONCLUSIVE
    assert "roc_auc is not known of both versions" in [found.reason for found in verdicts]


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
    found = compare(pair_up(challenger, champion, policy, 0))
    assert found.metrics["row_metric"].gain == pytest.approx(2, abs=0.2)
    assert worst(judge_gates(policy, found)) is Outcome.MET


def test_rows_of_few_entities_are_less_evidence_than_they_look() -> None:
    data = {**a_policy().data.model_dump(), "entity": "customer"}
    clustered = a_policy(data=data)
    entities = np.repeat(np.arange(60), 20).astype(str)
    random = np.random.default_rng(3)
    # A whole customer at a time, the challenger gets what the champion gets wrong, or the other way round.
    better = np.repeat(random.choice([0, 1, 2], 60, p=[0.7, 0.18, 0.12]), 20)
    challenger = of_classes(better != 2, entities=entities)
    champion = of_classes(better != 1, entities=entities)
    alone = compare(pair_up(of_classes(better != 2), of_classes(better != 1), a_policy(), 0)).metrics["accuracy"]
    together = compare(pair_up(challenger, champion, clustered, 0))
    accuracy = together.metrics["accuracy"]
    assert together.entities == 60
    assert accuracy.method == "paired_bootstrap"
    assert alone.interval is not None
    assert accuracy.interval is not None
    assert accuracy.interval[1] - accuracy.interval[0] > 3 * (alone.interval[1] - alone.interval[0])
    assert alone.p_value is not None
    assert accuracy.p_value is not None
    assert alone.p_value < 0.001 < accuracy.p_value


def test_slices_are_compared_apart_and_small_ones_are_left_out() -> None:
    policy = a_policy(data={**a_policy().data.model_dump(), "slices": ("plan",)})
    plans = np.array(["free"] * 600 + ["plus"] * 300 + ["pro"] * 20)
    challenger, champion = np.ones(920, dtype=bool), np.ones(920, dtype=bool)
    champion[:120], challenger[600:650] = False, False
    slices = {"plan": plans}
    pair = pair_up(of_classes(challenger, slices=slices), of_classes(champion, slices=slices), policy, 0)
    free, plus = compare_slices(pair)
    assert (free.column, free.value, free.rows, free.gain) == ("plan", "free", 600, pytest.approx(0.2))
    assert (plus.value, plus.challenger, plus.champion) == ("plus", pytest.approx(5 / 6, abs=1e-9), 1.0)
    assert free.p_worse > 0.99
    assert plus.p_worse < 1e-6
    comparison = compare(pair, slices=(free, plus))
    assert [v.check for v in judge_gates(policy, comparison) if v.outcome is Outcome.UNMET] == ["slices"]


def test_ten_equal_slices_stop_an_equal_challenger_in_five_of_a_hundred_cases() -> None:
    policy = a_policy(data={**a_policy().data.model_dump(), "slices": ("plan",)})
    plans = {"plan": (np.arange(2000) % 10).astype(str)}
    random, runs, stopped = np.random.default_rng(4), 400, 0
    for _ in range(runs):
        one, other = (of_classes(random.random(2000) < 0.9, slices=plans) for _ in range(2))
        pair = pair_up(one, other, policy, 0)
        comparison = compare(pair, metrics=(), slices=compare_slices(pair))
        stopped += any(v.check == "slices" and not v.met for v in judge_gates(policy, comparison))
    assert stopped / runs <= 0.05 + 4 * (0.05 * 0.95 / runs) ** 0.5


def test_the_confusion_matrix_tells_actual_from_predicted() -> None:
    right = np.ones(100, dtype=bool)
    right[1:21:2] = False  # labels are odd there: yes, taken for no
    found = confusion_of(pair_up(of_classes(right), None, a_policy(), 0))
    assert found is not None
    assert (found.classes, found.challenger, found.champion) == (("no", "yes"), ((50, 0), (10, 40)), None)


def test_the_same_rows_give_the_same_numbers_whatever_order_they_are_hashed_in() -> None:
    answers = of_classes(np.arange(50) % 3 > 0)
    assert answers.holdout_sha256() == answers.only(np.arange(50)[::-1]).holdout_sha256()
    assert answers.holdout_sha256() != answers.only(np.arange(49)).holdout_sha256()


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_a_handful_of_numbers_is_compared_without_anything_being_made_up(rows: int) -> None:
    random, labels = np.random.default_rng(1), np.arange(float(rows))
    policy = regression_policy(primary_metric="r2")
    pair = pair_up(*(of_numbers(labels, noise, random) for noise in (0.1, 0.2)), policy, 0)
    assert worst(judge_gates(policy, compare(pair))) is not Outcome.MET


@pytest.mark.parametrize("with_champion", [False, True])
@pytest.mark.parametrize("n_classes", [2, 3, 25])
@pytest.mark.parametrize("rows", [1, 2, 3, 10])
def test_a_handful_of_classes_is_compared_without_anything_being_made_up(
    rows: int, n_classes: int, with_champion: bool
) -> None:
    random, policy = np.random.default_rng(rows), a_policy()

    def some() -> Predictions:
        scores = random.random((rows, n_classes))
        labels = np.arange(rows) % n_classes
        classes = np.array([f"c{code:02}" for code in range(n_classes)])
        ids = np.arange(rows).astype(str)
        return Predictions(ids, labels, labels, classes, scores / scores.sum(axis=1, keepdims=True))

    comparison = compare(pair_up(some(), some() if with_champion else None, policy, 0))
    assert worst(judge_gates(policy, comparison)) is not Outcome.MET

"""How often a comparison and the gates behind it mislead."""

import numpy as np
import pytest

from auto_retrain.comparison.compare import compare
from auto_retrain.comparison.pair_up import pair_up
from auto_retrain.comparison.predictions import Predictions
from auto_retrain.comparison.slices import compare_slices
from auto_retrain.comparison.version_metrics import VersionMetrics
from auto_retrain.comparison.versions import Pair, Terms
from auto_retrain.domain.comparison import Comparison
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.verdict import Outcome, worst
from auto_retrain.gates import judge_gates
from auto_retrain.gates.min_improvement import judge_min_improvement
from auto_retrain.gates.paired_evidence import judge_paired_evidence
from auto_retrain.statistics.resampling import Sample
from local.bench.weekly_looks import false_promotions, rules_of
from tests.unit.builders import a_policy
from tests.unit.comparison.answers import CLASSES, drawn, of_classes, policy_with

# Simulated with 20,000 repetitions: the share promoted by the point estimate's 5 %, by the test, and by both.
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


def primary_of_drawn(
    policy: Policy, n: int, discordant: float, champion: float, gain: float, random: np.random.Generator
) -> Comparison:
    """A comparison of two drawn models by the primary metric alone."""
    return compare(pair_up(*drawn(n, discordant, champion, gain, random), policy, 0), metrics=())


@pytest.mark.parametrize(("n", "discordant", "champion", "gain", "by_estimate", "by_test", "by_both"), TABLE)
def test_challengers_are_promoted_as_often_as_simulation_predicts(
    n: int, discordant: float, champion: float, gain: float, by_estimate: float, by_test: float, by_both: float
) -> None:
    random, policy, runs = np.random.default_rng(n), a_policy(), 500
    promoted = np.zeros(3)
    for _ in range(runs):
        comparison = primary_of_drawn(policy, n, discordant, champion, gain, random)
        enough, sure = (judge(policy, comparison)[0].met for judge in (judge_min_improvement, judge_paired_evidence))
        promoted += [enough, sure, enough and sure]
    for share, expected in zip(promoted / runs, (by_estimate, by_test, by_both), strict=True):
        assert share == pytest.approx(expected, abs=0.002 + 4 * (expected * (1 - expected) / runs) ** 0.5)


@pytest.mark.parametrize("n", [200, 500, 1000, 5000])
@pytest.mark.parametrize(("discordant", "accuracy"), [(0.10, 0.90), (0.24, 0.87)])
def test_the_default_gates_promote_an_equal_challenger_in_at_most_one_of_eighteen_cases(
    n: int, discordant: float, accuracy: float
) -> None:
    random, policy, runs = np.random.default_rng(n + 1), a_policy(), 300
    promoted = 0
    for _ in range(runs):
        comparison = primary_of_drawn(policy, n, discordant, accuracy, 0.0, random)
        promoted += worst(judge_gates(policy, comparison)) is Outcome.MET
    assert promoted / runs <= 0.055


@pytest.mark.parametrize(("basis", "limit"), [("error_reduction", 0.01), ("absolute", 0.01)])
def test_looser_bases_promote_equal_challengers_no_more_often(basis: str, limit: float) -> None:
    random, runs = np.random.default_rng(5), 600
    policy = a_policy(validation={"improvement_basis": basis, "min_improvement": 0.001})
    promoted = 0
    for _ in range(runs):
        comparison = primary_of_drawn(policy, 1000, 0.1, 0.9, 0.0, random)
        (enough,), (sure,) = judge_min_improvement(policy, comparison), judge_paired_evidence(policy, comparison)
        promoted += enough.met and sure.met
    assert promoted / runs <= limit + 4 * (limit * (1 - limit) / runs) ** 0.5


def test_a_refresh_that_is_worse_by_exactly_the_margin_passes_no_more_often_than_it_may() -> None:
    random, runs, limit = np.random.default_rng(6), 600, 0.01
    policy = a_policy(validation={"improvement_basis": "non_inferior", "non_inferiority_margin": 0.02})
    passed = sum(
        judge_min_improvement(policy, primary_of_drawn(policy, 2000, 0.1, 0.9, -0.02, random))[0].met
        for _ in range(runs)
    )
    assert passed / runs <= limit + 4 * (limit * (1 - limit) / runs) ** 0.5


def test_ten_equal_slices_stop_an_equal_challenger_in_five_of_a_hundred_cases() -> None:
    policy = policy_with(slices=("plan",))
    plans = {"plan": (np.arange(2000) % 10).astype(str)}
    random, runs, stopped = np.random.default_rng(4), 400, 0
    for _ in range(runs):
        one, other = (of_classes(random.random(2000) < 0.9, slices=plans) for _ in range(2))
        pair = pair_up(one, other, policy, 0)
        comparison = compare(pair, metrics=(), slices=compare_slices(pair))
        stopped += any(v.check == "slices" and not v.met for v in judge_gates(policy, comparison))
    assert stopped / runs <= 0.05 + 4 * (0.05 * 0.95 / runs) ** 0.5


@pytest.mark.parametrize("metric", ["accuracy", "roc_auc", "f1_score"])
def test_unequal_entities_that_are_enough_promote_equal_models_no_more_often(metric: str) -> None:
    # Sizes of 100 to 1, which count as about 60 equal ones; half of a row's noise is its entity's.
    sizes = np.sort(np.random.default_rng(0).pareto(1.6, 400) * 5 + 1).astype(int).clip(max=100)
    entities = np.repeat(np.arange(sizes.size), sizes)
    random, sample = np.random.default_rng(7), Sample(entities.size, 0, entities)
    assert 50 < sample.effective_units < 200
    policy = a_policy(validation={"primary_metric": metric, "min_improvement": 0})
    labels, runs, level, better = np.arange(entities.size) % 2, 200, 0.05, 0
    for _ in range(runs):
        versions = []
        for _ in range(2):
            noise = random.normal(size=sizes.size)[entities] + random.normal(size=entities.size)
            yes = 1 / (1 + np.exp(-(1.5 * (2 * labels - 1) + noise)))
            ids, scores = np.arange(labels.size).astype(str), np.column_stack([1 - yes, yes])
            answers = Predictions(ids, labels, (yes > 0.5).astype(int), CLASSES, scores)
            versions.append(VersionMetrics(answers, None, sample))
        gain = Pair(*versions, Terms(policy)).gain(metric)
        better += gain is not None and gain.p_value <= level
    assert better / runs <= level + 4 * (level * (1 - level) / runs) ** 0.5


def test_a_budget_for_the_year_bounds_what_weekly_comparisons_add_up_to() -> None:
    without, bounded = rules_of("rmse")[:2]
    shares = false_promotions(125, classes=False, rules=[without, bounded], years=6)
    # 0.72 and 0.05 in docs/limits.md.
    assert shares[without] >= 0.3
    assert shares[bounded] <= 0.2

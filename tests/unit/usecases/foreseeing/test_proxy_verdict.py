"""What a proxy says of a full training: it refuses one that cannot help, and hardly ever one that would have passed."""

from typing import Any, NamedTuple

import numpy as np
import pytest

from auto_retrain.comparison.compare import compare
from auto_retrain.comparison.pair_up import pair_up
from auto_retrain.comparison.predictions import Predictions
from auto_retrain.domain.comparison import Comparison, MetricResult
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.proxy import ProxyEvidence
from auto_retrain.domain.verdict import Outcome, Verdict, worst
from auto_retrain.gates import judge_gates
from auto_retrain.usecases.foreseeing.proxy_verdict import judge_proxy
from tests.unit.builders import a_policy

Array = np.ndarray[Any, Any]

TRAINING_ROWS, SAMPLE, NOISE = 8000, 1000, 0.07


class Outcomes(NamedTuple):
    """What became of trainings: how many would have passed the gates, and how many of each kind a proxy refused."""

    passed: int
    refused_of_passed: int
    refused_of_others: int


def simulate(policy: Policy, features: int, angle: float, fresh_rows: int, runs: int) -> Outcomes:
    """Linear models that learn a concept, which has turned by an angle since the champion was trained."""
    random = np.random.default_rng(20)
    passed, refused = np.array([_one_world(policy, features, angle, fresh_rows, random) for _ in range(runs)]).T
    return Outcomes(int(passed.sum()), int((passed & refused).sum()), int((refused & ~passed).sum()))


def _one_world(
    policy: Policy, features: int, angle: float, fresh_rows: int, random: np.random.Generator
) -> tuple[bool, bool]:
    """Whether a full training would have passed the gates, and whether the proxy refuses it."""
    old, aside = np.linalg.qr(random.normal(size=(features, 2)))[0].T
    new = np.cos(angle) * old + np.sin(angle) * aside
    champion = _fit(*_draw(old, TRAINING_ROWS, random))
    rows, labels = _draw(new, TRAINING_ROWS, random)
    fresh = _draw(new, fresh_rows, random)
    full, whole, half = (_fit(rows[:size], labels[:size]) for size in (TRAINING_ROWS, SAMPLE, SAMPLE // 2))
    evidence = an_evidence(
        against_champion=_compare(policy, whole, champion, fresh).judged,
        against_half=_compare(policy, whole, half, fresh).judged,
        fresh_rows=fresh_rows,
    )
    verdicts = judge_gates(policy, _compare(policy, full, champion, fresh))
    return worst(verdicts) is Outcome.MET, judge_proxy(policy, evidence).outcome is Outcome.UNMET


def _draw(concept: Array, rows: int, random: np.random.Generator) -> tuple[Array, Array]:
    features = random.normal(size=(rows, concept.size))
    return features, (features @ concept > 0) ^ (random.random(rows) < NOISE)


def _fit(features: Array, labels: Array) -> Array:
    ridge = features.T @ features + 1e-3 * np.eye(features.shape[1])
    weights: Array = np.linalg.solve(ridge, features.T @ (2.0 * labels - 1))
    return weights


def _compare(policy: Policy, model: Array, other: Array, fresh: tuple[Array, Array]) -> Comparison:
    rows, labels = fresh
    new, old = (
        Predictions(np.arange(labels.size), labels.astype(int), (rows @ each > 0).astype(int), np.array(["0", "1"]))
        for each in (model, other)
    )
    return compare(pair_up(new, old, policy, seed=0), metrics=())


def an_evidence(**changes: Any) -> ProxyEvidence:
    """A proxy that is as good as its champion, and gains nothing from twice as many rows."""
    fields: dict[str, Any] = {
        "against_champion": a_metric(0.9, 0.9),
        "against_half": a_metric(0.9, 0.9),
        "fresh_rows": 3000,
        "rows": SAMPLE,
        "half_rows": SAMPLE // 2,
        "training_rows": TRAINING_ROWS,
        "training_days": 90,
    }
    return ProxyEvidence(**fields | changes)


def a_metric(value: float, champion: float, error: float = 0.005) -> MetricResult:
    gain = value - champion
    return MetricResult(value=value, champion=champion, gain=gain, gain_interval=(gain - error, gain + error))


BY_ERROR = {"improvement_basis": "error_reduction", "min_improvement": 0.1}


@pytest.mark.parametrize("angle", [0.15, 0.2, 0.3])
@pytest.mark.parametrize("features", [5, 30])
@pytest.mark.parametrize("rules", [{}, BY_ERROR], ids=["relative", "error_reduction"])
def test_a_training_that_would_have_passed_is_refused_in_at_most_one_of_twenty_cases(
    rules: dict[str, Any], features: int, angle: float
) -> None:
    outcomes = simulate(a_policy(validation=rules), features, angle, fresh_rows=2000, runs=80)
    allowed = 0.05 * outcomes.passed
    assert outcomes.refused_of_passed <= allowed + 3 * allowed**0.5


@pytest.mark.parametrize(("features", "fresh_rows", "floor"), [(5, 1000, 0.35), (5, 3000, 0.5), (30, 3000, 0.1)])
def test_a_training_on_the_concept_that_the_champion_knows_is_often_refused(
    features: int, fresh_rows: int, floor: float
) -> None:
    """Each without a chance; with features to learn from more rows, a sample says less."""
    runs = 80
    outcomes = simulate(a_policy(), features, 0.0, fresh_rows, runs)
    assert outcomes.passed == 0
    assert outcomes.refused_of_others / runs >= floor


def judged(**evidence: Any) -> Verdict:
    return judge_proxy(a_policy(), an_evidence(**evidence))


def test_a_refusal_says_what_a_training_would_need() -> None:
    verdict = judged(against_half=a_metric(0.9, 0.894))
    assert verdict.outcome is Outcome.UNMET
    assert verdict.reason == (
        "a proxy trained on 1000 of 8000 rows has accuracy 0.9000 on 3000 fresh rows, the champion 0.9000; even "
        "trained on all rows it could reach 0.9380 at best, but the gates ask for at least 0.9450; at the pace of its "
        "last doubling it takes about 180000 rows (2000 days like these), other features, or a smaller "
        "validation.min_improvement"
    )


def test_where_more_rows_bring_nothing_it_takes_other_features() -> None:
    verdict = judged()
    assert verdict.outcome is Outcome.UNMET
    assert verdict.reason.endswith(
        "; more rows like these hardly help, so it takes other features, or a smaller validation.min_improvement"
    )


def test_a_proxy_that_is_good_enough_itself_lets_the_training_through() -> None:
    verdict = judged(against_champion=a_metric(0.96, 0.9))
    assert (verdict.outcome, verdict.limit) == (Outcome.MET, pytest.approx(0.045))
    assert verdict.reason.endswith("; that is as much as the gates ask for (at least 0.9450)")


def test_a_proxy_that_learns_with_each_doubling_lets_the_training_through() -> None:
    verdict = judged(against_champion=a_metric(0.85, 0.9), against_half=a_metric(0.85, 0.82))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.value == pytest.approx(-0.05 + 0.005 + 3 * 0.035)


def test_samples_that_are_not_exactly_half_as_large_count_as_what_they_are() -> None:
    assert judged(half_rows=250).value == pytest.approx(0.005 + 3 * 0.005 / 2)


def test_nothing_is_better_than_perfect() -> None:
    assert judged(against_champion=a_metric(0.9, 0.9, error=0.09), against_half=a_metric(0.9, 0.8)).value == (
        pytest.approx(0.1)
    )


@pytest.mark.parametrize(
    "evidence",
    [
        {"against_champion": None},
        {"against_half": None},
        {"against_champion": MetricResult(value=0.9)},
        {"against_champion": MetricResult(value=0.9, champion=0.9, gain=0.0)},
        {"half_rows": 0},
        {"half_rows": SAMPLE},
        {"training_rows": SAMPLE - 1},
    ],
)
def test_what_is_unknown_refuses_nothing(evidence: dict[str, Any]) -> None:
    assert judged(**evidence).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("rules", "needed"),
    [
        ({}, 0.045),
        ({"improvement_basis": "absolute", "min_improvement": 0.02}, 0.02),
        (BY_ERROR, 0.01),
        ({"observe_only": ["min_improvement"]}, 0.0),
        ({"improvement_basis": "non_inferior"}, -0.01),
        ({"accuracy_floor": 0.97}, 0.07),
    ],
)
def test_what_is_needed_is_what_the_gates_ask_for(rules: dict[str, Any], needed: float) -> None:
    assert judge_proxy(a_policy(validation=rules), an_evidence()).limit == pytest.approx(needed)


def test_a_policy_that_asks_for_no_gain_refuses_nothing() -> None:
    rules = {"observe_only": ["min_improvement"], "confidence": 0, "primary_metric": "roc_auc"}
    verdict = judge_proxy(a_policy(validation=rules), an_evidence())
    assert (verdict.outcome, verdict.reason) == (Outcome.INCONCLUSIVE, "the policy asks for no improvement")


def test_of_errors_less_is_better() -> None:
    regression = a_policy(
        data={"prefix": "churn", "row_id": "id", "label": "price", "task": "regression", "numeric": ["age"]},
        metric={"name": "rmse"},
        triggers={"performance_metric_direction": "lower_is_better", "performance_metric_scale": "number"},
    )
    rmse = MetricResult(value=10.0, champion=10.0, gain=0.0, gain_interval=(-0.1, 0.1))
    verdict = judge_proxy(regression, an_evidence(against_champion=rmse, against_half=rmse))
    assert (verdict.outcome, verdict.limit) == (Outcome.UNMET, pytest.approx(0.5))
    assert "even trained on all rows it could reach 9.6000 at best, but the gates ask for at most 9.5000" in (
        verdict.reason
    )

"""A champion that seems to be bad against everything that is known of it is measured again before it is replaced."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.comparison import Comparison, KnownQuality, MetricResult
from auto_retrain.domain.metric_kinds import ROW_METRIC
from auto_retrain.domain.verdict import Outcome, Verdict
from auto_retrain.gates.champion_quality import judge_champion_quality
from auto_retrain.statistics.proportions import wilson_interval
from tests.unit.builders import a_comparison, a_policy

ROWS = 2000
SHARES = st.integers(0, 1000).map(lambda share: share / 1000)


def known(rows: int = ROWS, **values: float) -> tuple[KnownQuality, ...]:
    return tuple(
        KnownQuality(source=source, metric="accuracy", value=value, interval=wilson_interval(value, rows, 0.95))  # type: ignore[arg-type]
        for source, value in values.items()
    )


def measured(champion: float, rows: int = ROWS, **values: float) -> Comparison:
    comparison = a_comparison(0.95, champion)
    accuracy = comparison.metrics["accuracy"].changed(champion_interval=wilson_interval(champion, rows, 0.95))
    return comparison.changed(metrics={"accuracy": accuracy}, known_of_champion=known(rows, **values))


def judged(champion: float, rows: int = ROWS, **values: float) -> Verdict:
    (verdict,) = judge_champion_quality(a_policy(), measured(champion, rows, **values))
    return verdict


@pytest.mark.parametrize(
    ("champion", "values"),
    [
        (0.0, {"promotion": 0.95}),
        (0.5, {"promotion": 0.95}),
        (0.0, {"promotion": 0.95, "comparison": 0.93}),
        (0.0, {"production": 0.93}),
        (0.75, {"promotion": 0.95, "production": 0.93}),
        (0.7, {"promotion": 0.95, "production": 0.88, "comparison": 0.9}),
    ],
)
def test_a_champion_that_nothing_but_this_comparison_calls_bad_is_not_beaten(
    champion: float, values: dict[str, float]
) -> None:
    assert judged(champion, **values).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("champion", "values"),
    [
        # It decayed, and production shows it, or nobody publishes its metric.
        (0.88, {"promotion": 0.95}),
        (0.65, {"promotion": 0.95}),
        (0.75, {"promotion": 0.95, "production": 0.74}),
        (0.1, {"promotion": 0.95, "production": 0.12}),
        # A month's mean hides what its last days were like.
        (0.75, {"promotion": 0.95, "production": 0.82}),
        # It was measured like this before.
        (0.0, {"promotion": 0.95, "production": 0.93, "comparison": 0.0}),
        (0.95, {"promotion": 0.95, "production": 0.7}),
    ],
)
def test_a_champion_that_decayed_is_compared(champion: float, values: dict[str, float]) -> None:
    assert judged(champion, **values).outcome is Outcome.MET


def test_the_reason_says_what_is_known_and_how_it_ends() -> None:
    assert judged(0.0, promotion=0.95, production=0.93).reason == (
        "the champion's accuracy 0.0000 contradicts all that is known of it: accuracy 0.9500 when it was promoted, "
        "accuracy 0.9300 in production. Look at what it predicts; if another retraining measures the same, it is "
        "believed"
    )


def test_the_reason_says_where_nothing_contradicts() -> None:
    assert judged(0.75, promotion=0.95, production=0.74).reason == (
        "the champion's accuracy 0.7500 does not contradict what is known of it: accuracy 0.9500 when it was promoted, "
        "accuracy 0.7400 in production"
    )


def test_without_anything_known_there_is_no_verdict() -> None:
    assert judge_champion_quality(a_policy(), a_comparison()) == []
    assert judge_champion_quality(a_policy(), a_comparison(champion=None, known_of_champion=known(production=1))) == []


@given(SHARES, SHARES, SHARES)
def test_a_second_comparison_with_the_same_result_is_believed(champion: float, promotion: float, live: float) -> None:
    verdict = judged(champion, promotion=promotion, production=live, comparison=champion)
    assert verdict.outcome is Outcome.MET


@given(SHARES, SHARES)
def test_decay_that_production_shows_is_believed(champion: float, promotion: float) -> None:
    assert judged(champion, promotion=promotion, production=champion).outcome is Outcome.MET


@given(SHARES, SHARES, SHARES)
def test_a_champion_that_is_as_good_as_known_is_never_in_doubt(champion: float, promotion: float, live: float) -> None:
    if champion >= min(promotion, live):
        assert judged(champion, promotion=promotion, production=live).outcome is Outcome.MET


@pytest.mark.parametrize("accuracy", [0.6, 0.9, 0.99])
def test_chance_alone_never_puts_a_champion_in_doubt(accuracy: float) -> None:
    """Production and holdout each see 500 rows of the same champion: no doubt in 1,000 draws, so surely below 0.5 %."""
    random = np.random.default_rng(15)
    shares = random.binomial(500, accuracy, (1000, 2)) / 500
    outcomes = {judged(now, rows=500, production=live).outcome for now, live in shares.tolist()}
    assert outcomes == {Outcome.MET}


def regression(rmse: float, r2: float, **values: float) -> list[Verdict]:
    policy = a_policy(data={"prefix": "c", "row_id": "id", "label": "price", "task": "regression", "numeric": ["age"]})
    metrics = {
        name: MetricResult(value=1.0, champion=value, champion_interval=(value - 0.05, value + 0.05))
        for name, value in {"rmse": rmse, "r2": r2}.items()
    }
    qualities = tuple(
        KnownQuality(source=source, metric="rmse", value=value)  # type: ignore[arg-type]
        for source, value in values.items()
    )
    comparison: Any = a_comparison(task="regression", primary="rmse", metrics=metrics, largest_class_share=None)
    return list(judge_champion_quality(policy, comparison.changed(known_of_champion=qualities)))


@pytest.mark.parametrize(
    ("rmse", "r2", "values", "outcome"),
    [
        (9.0, -5.0, {"promotion": 2.0}, Outcome.INCONCLUSIVE),
        (9.0, 0.4, {"promotion": 2.0}, Outcome.MET),
        (9.0, 0.4, {"promotion": 2.0, "production": 2.5}, Outcome.INCONCLUSIVE),
        (9.0, -5.0, {"promotion": 2.0, "production": 8.0}, Outcome.MET),
        (9.0, -5.0, {"promotion": 2.0, "comparison": 9.1}, Outcome.MET),
        # Twice the error is no more than twice, and an R² that may be that of the mean is no worse.
        (4.05, -5.0, {"promotion": 2.0}, Outcome.MET),
        (4.06, -5.0, {"promotion": 2.0}, Outcome.INCONCLUSIVE),
        (9.0, -0.05, {"promotion": 2.0}, Outcome.MET),
        (9.0, -0.06, {"promotion": 2.0}, Outcome.INCONCLUSIVE),
    ],
)
def test_errors_are_judged_like_shares(rmse: float, r2: float, values: dict[str, float], outcome: Outcome) -> None:
    assert [verdict.outcome for verdict in regression(rmse, r2, **values)] == [outcome]


def of_metric(name: str, champion: float, source: str, known: float) -> Outcome:
    metric = MetricResult(value=1.0, champion=champion, champion_interval=(champion - 0.01, champion + 0.01))
    quality = KnownQuality(source=source, metric=name, value=known)  # type: ignore[arg-type]
    comparison = a_comparison(primary=name, metrics={name: metric}, known_of_champion=(quality,))
    (verdict,) = judge_champion_quality(a_policy(), comparison)
    return verdict.outcome


@pytest.mark.parametrize(
    ("champion", "outcome"), [(0.48, Outcome.INCONCLUSIVE), (0.49, Outcome.MET), (0.6, Outcome.MET)]
)
def test_a_champion_that_ranks_no_worse_than_a_coin_may_have_decayed(champion: float, outcome: Outcome) -> None:
    assert of_metric("roc_auc", champion, "promotion", 0.95) is outcome


def test_a_metric_without_a_best_value_contradicts_nothing() -> None:
    assert of_metric(ROW_METRIC, -9.0, "production", 100.0) is Outcome.MET

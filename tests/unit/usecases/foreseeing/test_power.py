"""The chance that is foreseen is that of a promotion, and only what is hopeless even at best is skipped."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_retrain.domain.comparison import MetricResult
from auto_retrain.statistics.paired import PairedCounts, mcnemar_mid_p
from tests.unit.usecases.foreseeing.power_world import PowerWorld, accuracies, accuracy_alone, draw

# Of means over 300 predictions and of shares of 3,000 comparisons: three standard errors are below this.
TOLERANCE = 0.05
# The trigger's threshold is out of the way, so that what is hoped for is twice the minimum.
LOW = {"triggers": {"performance_metric_threshold": 0.5}}
# A gain of 0.01 is hoped for, on rows of which the two versions classify 5 % differently, at an error of 1 %.
ABSOLUTE = {**LOW, "validation": {"improvement_basis": "absolute", "min_improvement": 0.005}}


def promoted(
    random: np.random.Generator, rows: int, gain: float, discordant: float, needed: float, alpha: float, champion: float
) -> float:
    """The share of comparisons that end with a promotion, by the gates' own tests."""
    passed = 0
    for _ in range(3000):
        counts = draw(random, rows, champion, gain, discordant)
        estimate = (counts.only_challenger - counts.only_champion) / rows
        passed += estimate >= needed - 1e-12 and mcnemar_mid_p(counts) <= alpha
    return passed / 3000


def foreseen(random: np.random.Generator, rows: int, before: int = 1, to_come: int = 1) -> tuple[float, float]:
    """The mean chance, foreseen after a comparison of some variants for a job of some variants; and at best."""
    world = PowerWorld(accuracy_alone(0.9, rows), rows, **ABSOLUTE)
    powers = []
    for _ in range(300):
        world.compared(1, accuracies(draw(random, rows, 0.9, 0.0, 0.05), before), rows, before)
        powers.append(world.power(rows, production=0.9, variants=to_come))
    return float(np.mean([power.chance for power in powers])), float(np.mean([power.at_best for power in powers]))


# Measured once with other simulations: 0.868, 0.705 and, with 20 variants to come, 0.599.
@pytest.mark.parametrize(
    ("rows", "before", "to_come", "known"), [(6000, 20, 1, 0.868), (4000, 5, 1, 0.705), (6000, 1, 20, 0.599)]
)
def test_the_chance_counts_the_variants_before_and_those_to_come(
    rows: int, before: int, to_come: int, known: float
) -> None:
    random = np.random.default_rng(rows + before)
    chance, at_best = foreseen(random, rows, before, to_come)
    share = promoted(random, rows, 0.01, 0.05, 0.005, 0.01 / to_come, 0.9)
    assert chance == pytest.approx(known, abs=TOLERANCE)
    assert chance == pytest.approx(share, abs=TOLERANCE)
    assert at_best > share


@pytest.mark.parametrize(
    ("rows", "validation", "gain", "discordant", "known"),
    [
        (2000, {}, 0.045, 0.10, 0.489),
        (10_000, {"improvement_basis": "error_reduction", "min_improvement": 0.1}, 0.01, 0.05, 0.493),
    ],
)
def test_one_exactly_as_good_as_asked_is_promoted_in_half_of_the_cases_and_the_forecast_says_so(
    rows: int, validation: dict[str, Any], gain: float, discordant: float, known: float
) -> None:
    random = np.random.default_rng(rows)
    world = PowerWorld(accuracy_alone(0.9, rows), rows, **LOW, validation=validation)
    world.compared(1, accuracies(draw(random, rows, 0.9, 0.0, discordant)), rows)
    power = world.power(rows, production=0.9)
    alpha = 1 - world.policy.validation.needed_confidence
    share = promoted(random, rows, gain, discordant, gain, alpha, 0.9)
    assert power.as_asked == pytest.approx(share, abs=TOLERANCE)
    assert power.as_asked == pytest.approx(known, abs=TOLERANCE)
    assert "exactly as good as asked (0.9" in power.reason


def test_the_chance_counts_what_earlier_comparisons_leave_of_the_budget_of_a_year() -> None:
    chances = []
    for budget in ("comparison", "year"):
        world = PowerWorld(accuracy_alone(0.9, 1000), 1000, **ABSOLUTE)
        validation = world.policy.validation.model_copy(update={"error_budget": budget})
        world.policy = world.policy.model_copy(update={"validation": validation})
        world.compared(1, accuracies(PairedCounts(850, 50, 50, 50)), 1000)
        chances.append(world.power(1000, production=0.9).chance or 0)
    assert chances[1] < chances[0]


def test_trainings_that_a_proxy_refused_use_up_the_budget_of_a_year_as_well() -> None:
    world = PowerWorld(accuracy_alone(0.9, 1000), 1000, **ABSOLUTE)
    validation = world.policy.validation.model_copy(update={"error_budget": "year"})
    world.policy = world.policy.model_copy(update={"validation": validation})
    world.compared(1, accuracies(PairedCounts(850, 50, 50, 50)), 1000)
    before = world.power(1000, production=0.9).chance
    world.refused(2)
    after = world.power(1000, production=0.9).chance
    assert before is not None
    assert after is not None
    assert after < before


def test_a_challenger_that_was_the_champion_again_says_nothing_of_the_next_one() -> None:
    random, rows = np.random.default_rng(5), 1000
    world = PowerWorld(accuracy_alone(0.9, rows), rows, **ABSOLUTE)
    world.compared(1, accuracies(PairedCounts(900, 0, 0, 100)), rows)
    power = world.power(rows, production=0.9)
    assert power.chance is not None
    assert power.chance < promoted(random, rows, 0.01, 0.05, 0.005, 0.01, 0.9) + TOLERANCE
    assert power.chance < 0.3


def test_a_big_step_does_not_hide_that_smaller_ones_show() -> None:
    rows = 1000
    world = PowerWorld(accuracy_alone(0.66, rows), rows, **ABSOLUTE)
    world.compared(1, accuracies(PairedCounts(620, 280, 40, 60)), rows)
    power = world.power(rows, production=0.9)
    assert power.chance is not None
    assert power.at_best is not None
    assert (power.chance < 0.2, power.at_best > 0.7) == (True, True)
    # Three comparisons of which one varied little are enough to know.
    world.compared(2, accuracies(draw(np.random.default_rng(1), rows, 0.9, 0.0, 0.08)), rows)
    world.compared(3, accuracies(draw(np.random.default_rng(2), rows, 0.9, 0.0, 0.08)), rows)
    known = world.power(rows, production=0.9).at_best
    assert known is not None
    assert known < 0.3


def test_jobs_that_came_to_nothing_hide_no_comparison() -> None:
    world = PowerWorld(accuracy_alone(0.9, 1000), 1000, **ABSOLUTE)
    world.compared(1, accuracies(PairedCounts(850, 50, 50, 50)), 1000)
    known = world.power(1000, production=0.9)
    for number in range(2, 40):
        world.failed(number)
    assert world.power(1000, production=0.9) == known


def test_a_promotion_whose_record_cannot_be_read_only_leaves_less_to_forecast_from() -> None:
    world = PowerWorld(accuracy_alone(0.9, 1000), 1000, **ABSOLUTE)
    assert world.power(1000).chance is not None
    world.lose_record(0)
    assert world.power(1000).reason == "the champion's accuracy is not known as it is now"


@pytest.mark.parametrize(
    ("production", "hoped"),
    [(0.66, "0.92"), (0.80, "0.92"), (0.90, "0.99"), (0.93, "1")],
    ids=["the threshold", "the threshold, far from asked", "twice what is asked", "perfection"],
)
def test_what_is_hoped_for_starts_from_the_metric_now(production: float, hoped: str) -> None:
    world = PowerWorld(accuracy_alone(0.91, 2000))
    power = world.power(2000, production=production, met=production < 0.92)
    assert f"accuracy is {production:.4g} in production" in power.reason
    assert f"a challenger at {hoped} has a chance" in power.reason


def test_the_level_at_promotion_is_hoped_for_when_it_is_above_the_threshold() -> None:
    power = PowerWorld(accuracy_alone(0.97, 2000)).power(2000, production=0.7, met=True)
    assert "a challenger at 0.97 has a chance of 100%" in power.reason


def test_an_improvement_out_of_reach_is_told_before_training_with_what_to_change() -> None:
    power = PowerWorld(accuracy_alone(0.96, 5000), 5000).power(5000, production=0.97)
    assert (power.chance, power.basis) == (0.0, "reach")
    assert power.reason == (
        "validation.min_improvement = 0.05 asks for accuracy 1.0185, but 1 is perfect; the champion is at 0.9700 in "
        "production: set validation.improvement_basis to error_reduction, which asks for 0.9715, or to non_inferior, "
        "or lower validation.min_improvement"
    )


def test_an_earlier_comparison_only_forecasts_that_an_improvement_is_out_of_reach() -> None:
    power = PowerWorld(accuracy_alone(0.97, 5000), 5000).power(5000)
    assert (power.chance, power.basis) == (0.0, "forecast")
    assert "the champion is at 0.9700 in the comparison of 2026-03-01" in power.reason


def test_production_alone_only_forecasts_it_where_the_holdout_was_harder() -> None:
    power = PowerWorld(accuracy_alone(0.9, 5000), 5000).power(5000, production=0.97)
    assert (power.chance, power.basis) == (0.0, "forecast")


def test_what_is_out_of_reach_by_a_hair_may_not_be_so_on_the_holdout() -> None:
    power = PowerWorld(accuracy_alone(0.95, 1000), 1000).power(1000, production=0.955)
    assert power.chance is None
    assert "; on the holdout it may be worse; if not, set validation.improvement_basis to" in power.reason


@pytest.mark.parametrize("validation", [{"confidence": 0}, {"observe_only": ["paired_evidence"]}])
def test_an_improvement_is_out_of_reach_whatever_evidence_is_required(validation: dict[str, Any]) -> None:
    world = PowerWorld(accuracy_alone(0.97, 5000), 5000, validation=validation)
    assert world.power(5000, production=0.97).basis == "reach"
    reachable = world.power(5000, production=0.9)
    assert (reachable.chance, reachable.reason) == (None, "the policy requires no evidence of an improvement")


@pytest.mark.parametrize(
    "validation",
    [
        {"improvement_basis": "error_reduction", "min_improvement": 1.0},
        {"improvement_basis": "non_inferior"},
        {"observe_only": ["min_improvement"]},
    ],
)
def test_perfection_can_be_asked_for_and_what_is_not_asked_for_is_in_reach(
    validation: dict[str, Any],
) -> None:
    power = PowerWorld(accuracy_alone(0.97, 5000), 5000, validation=validation).power(5000, production=0.97)
    assert power.chance != 0.0


REGRESSION = {
    "data": {"prefix": "churn", "row_id": "id", "label": "price", "task": "regression", "numeric": ["age"]},
    "metric": {"name": "rmse"},
    "triggers": {
        "performance_metric_scale": "number",
        "performance_metric_direction": "lower_is_better",
        "performance_metric_threshold": 12.0,
    },
}


def test_an_error_of_a_regression_varies_in_proportion_to_itself() -> None:
    world = PowerWorld(MetricResult(value=10.0, interval=(9.5, 10.5)), 1000, **REGRESSION)
    healthy, tripled = world.power(1000, production=10.0), world.power(1000, production=30.0, met=True)
    assert "a challenger at 9 has a chance" in healthy.reason
    assert "a challenger at 10 has a chance of 100%" in tripled.reason


def test_decay_by_another_metric_than_the_one_that_decides_is_no_forecast() -> None:
    policy = {**REGRESSION, "metric": {"name": "mape"}}
    world = PowerWorld(MetricResult(value=10.0, interval=(9.9, 10.1)), 1000, **policy)
    power = world.power(1000, production=30.0, met=True)
    assert (power.chance, power.reason) == (None, "the champion's rmse is not known as it is now")
    assert world.power(1000, production=5.0).chance is not None


def test_an_absolute_demand_that_a_small_error_cannot_meet_is_out_of_reach() -> None:
    validation = {"improvement_basis": "absolute", "min_improvement": 15.0}
    world = PowerWorld(MetricResult(value=10.0, interval=(9.5, 10.5)), 1000, **REGRESSION, validation=validation)
    assert "asks for rmse -5.0000, but 0 is perfect" in world.power(1000, production=10.0).reason


def test_without_an_interval_the_power_is_unknown() -> None:
    power = PowerWorld(MetricResult(value=0.9)).power(1000, production=0.9)
    assert (power.chance, power.reason) == (None, "it is not known how much accuracy varies")


def test_a_refresh_has_to_be_certain_not_to_be_worse() -> None:
    validation = {"improvement_basis": "non_inferior", "non_inferiority_margin": 0.01}
    world = PowerWorld(accuracy_alone(0.9, 2000), **LOW, validation=validation)
    few, many = world.power(600, production=0.9), world.power(60_000, production=0.9)
    assert few.chance is not None
    assert many.chance is not None
    assert (few.chance < 0.2, many.chance > 0.95) == (True, True)


def test_a_floor_above_what_the_champion_reaches_counts_as_asked() -> None:
    world = PowerWorld(accuracy_alone(0.9, 2000), **LOW, validation={"accuracy_floor": 0.94})
    power = world.power(2000, production=0.7, met=True)
    assert "exactly as good as asked (0.94) has 50%" in power.reason
    assert "a challenger at 0.97 has a chance of 100%" in power.reason


SHARES = st.floats(0, 1) | st.sampled_from([0.0, 1.0])
BASES = st.sampled_from(["relative", "absolute", "error_reduction", "non_inferior"])


@settings(max_examples=200, deadline=None)
@given(SHARES, SHARES, SHARES, BASES, st.integers(1, 10**7), st.integers(1, 20), st.integers(1, 20))
def test_whatever_was_measured_a_chance_is_a_chance_and_no_less_at_best(
    promotion: float, production: float, minimum: float, basis: str, rows: int, before: int, variants: int
) -> None:
    validation = {"improvement_basis": basis, "min_improvement": minimum, "min_holdout_rows": 1, "min_class_rows": 1}
    world = PowerWorld(accuracy_alone(promotion, 2000), **LOW, validation=validation)
    world.compared(1, accuracies(draw(np.random.default_rng(rows), 500, 0.8, 0.0, 0.1), before), 500, before)
    power = world.power(rows, production=production, variants=variants)
    if power.at_best is None:
        assert power.chance in (None, 0.0)
    else:
        assert power.chance is not None
        assert power.as_asked is not None
        assert 0 <= power.as_asked <= 1
        assert 0 <= power.chance <= power.at_best <= 1

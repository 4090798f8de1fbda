"""Canary, gradual, blue/green and shadow: steps that bake, and what ends them."""

from datetime import timedelta

import pytest

from auto_retrain.domain.rollout import Rollout
from auto_retrain.strategies import STRATEGIES, Hold, Mirror, Promote, RollBack, SetWeight
from tests.unit.strategies.rollouts import begun, evidence_of, minutes, moved, next_action

BAKING = ["canary", "gradual", "blue_green", "shadow"]


def at_last_step(strategy: str) -> Rollout:
    rollout = begun(strategy, bake_minutes=60)
    plan = rollout.deployment.plan
    last = len(plan) - 1
    return rollout.changed(step=last, weight=plan[last], since=minutes(60 * last))


def baked(rollout: Rollout, late: int = 0) -> float:
    """Minutes from the beginning to the end of the present step's bake, and some more."""
    return 60 * (rollout.step + 1) + late


@pytest.mark.parametrize(
    ("strategy", "weights"), [("canary", (5, 25, 50)), ("gradual", tuple(range(5, 100, 5))), ("blue_green", (100,))]
)
def test_a_healthy_challenger_gets_the_weights_in_order_and_is_promoted(
    strategy: str, weights: tuple[int, ...]
) -> None:
    rollout = begun(strategy, bake_minutes=60)
    seen = [rollout.weight]
    for step in range(1, len(weights)):
        at = minutes(60 * step)
        action = next_action(rollout, evidence_of(rollout, at), at)
        assert isinstance(action, SetWeight)
        assert action.step == step
        rollout = moved(rollout, action, at)
        seen.append(rollout.weight)
    end = minutes(60 * len(weights))
    assert tuple(seen) == weights
    assert isinstance(next_action(rollout, evidence_of(rollout, end), end), Promote)


def test_a_shadow_gets_copies_and_never_answers_anybody() -> None:
    rollout = begun("shadow", mirror_share=30, bake_minutes=60)
    assert (rollout.weight, rollout.mirror_share) == (0, 30)
    assert isinstance(STRATEGIES["shadow"].first_action(rollout), Mirror)
    assert isinstance(next_action(rollout, evidence_of(rollout, minutes(59)), minutes(59)), Hold)
    assert isinstance(next_action(rollout, evidence_of(rollout, minutes(60)), minutes(60)), Promote)


@pytest.mark.parametrize("strategy", BAKING)
@pytest.mark.parametrize("minute", [1, 30, 59])
def test_no_step_is_shorter_than_its_bake(strategy: str, minute: int) -> None:
    rollout, at = begun(strategy, bake_minutes=60), minutes(minute)
    action = next_action(rollout, evidence_of(rollout, at), at)
    assert action == Hold(f"step 1 of {len(rollout.deployment.plan)} bakes until 2026-03-01 13:00 UTC")


@pytest.mark.parametrize("strategy", [*BAKING, "bandit"])
@pytest.mark.parametrize("minute", [1, 60, 1000])
def test_an_unhealthy_challenger_is_rolled_back_at_any_look(strategy: str, minute: int) -> None:
    rollout, at = begun(strategy), minutes(minute)
    evidence = evidence_of(rollout, at, unhealthy="too many errors", missing="half of it", superior="it is better")
    assert next_action(rollout, evidence, at) == RollBack("too many errors")


@pytest.mark.parametrize("strategy", [*BAKING, "bandit"])
def test_missing_data_hold_a_rollout_and_then_end_it(strategy: str) -> None:
    rollout = begun(strategy, max_hold_minutes=90)
    for minute, late in ((99, False), (100, True)):
        at = minutes(minute)
        evidence = evidence_of(rollout, at, held_since=minutes(10), missing="no requests")
        action = next_action(rollout, evidence, at)
        ended = RollBack("it waited for data for max_hold_minutes = 90: no requests")
        assert action == (ended if late else Hold("no requests", minutes(100)))


@pytest.mark.parametrize("strategy", ["canary", "gradual", "shadow"])
def test_an_unproven_challenger_holds_after_the_last_bake_and_is_then_rolled_back(strategy: str) -> None:
    rollout = at_last_step(strategy)
    for late, ends in ((0, False), (1439, False), (1440, True)):
        at = minutes(baked(rollout, late))
        action = next_action(rollout, evidence_of(rollout, at, unproven="too few requests"), at)
        assert isinstance(action, RollBack if ends else Hold)
        assert action.reason.endswith("too few requests")
        assert ends or (isinstance(action, Hold) and action.gives_up_at == minutes(baked(rollout, 1440)))


@pytest.mark.parametrize("strategy", ["canary", "gradual"])
def test_an_unproven_challenger_goes_through_the_steps_before_the_last(strategy: str) -> None:
    rollout, at = begun(strategy, bake_minutes=60), minutes(60)
    assert isinstance(next_action(rollout, evidence_of(rollout, at, unproven="too few"), at), SetWeight)


def test_blue_green_has_nothing_to_compare_with_but_waits_for_the_planned_requests() -> None:
    rollout, at = begun("blue_green", bake_minutes=60, min_requests=300), minutes(60)
    short = next_action(rollout, evidence_of(rollout, at, requests=299, unproven="nothing to compare"), at)
    assert short == Hold("the challenger has answered 299 of 300 planned requests", minutes(60 + 1440))
    enough = next_action(rollout, evidence_of(rollout, at, requests=300, unproven="nothing to compare"), at)
    assert isinstance(enough, Promote)


@pytest.mark.parametrize("strategy", [*BAKING, "bandit"])
@pytest.mark.parametrize("other", [{"rollout_id": "churn-other"}, {"step": 7}])
def test_evidence_of_another_step_or_rollout_counts_as_none(strategy: str, other: dict[str, str | int]) -> None:
    rollout, at = begun(strategy), minutes(60)
    evidence = evidence_of(rollout, at, superior="better", unhealthy="bad").changed(**other)
    action = next_action(rollout, evidence, at)
    assert action == next_action(rollout, None, at)
    assert isinstance(action, Hold)
    assert action.reason == "nobody has looked at this step yet"


@pytest.mark.parametrize("strategy", [*BAKING, "bandit"])
def test_an_old_look_says_nothing_about_now(strategy: str) -> None:
    rollout, at = begun(strategy), minutes(120)
    recent = next_action(rollout, evidence_of(rollout, at - timedelta(minutes=30), superior="better"), at)
    assert "the last look" not in recent.reason
    action = next_action(rollout, evidence_of(rollout, at - timedelta(minutes=31), superior="better"), at)
    assert isinstance(action, Hold)
    assert action.reason == "the last look was at 2026-03-01 13:29"


def test_a_rollout_that_nobody_looks_at_is_rolled_back() -> None:
    rollout = begun("canary", max_hold_minutes=30, bake_minutes=600)
    assert isinstance(next_action(rollout, None, minutes(29)), Hold)
    assert isinstance(next_action(rollout, None, minutes(30)), RollBack)


@pytest.mark.parametrize("strategy", [*BAKING, "bandit"])
def test_the_time_of_a_pause_counts_for_nothing(strategy: str) -> None:
    """Data are missing since before a pause of a month; after it, they may be missing for as long as ever."""
    rollout = begun(strategy, max_hold_minutes=90).changed(paused=timedelta(days=30), resumed_at=minutes(43_210))
    for minute, ends in ((43_299, False), (43_300, True)):
        at = minutes(minute)
        evidence = evidence_of(rollout, at, held_since=minutes(10), missing="no requests")
        assert isinstance(next_action(rollout, evidence, at), RollBack if ends else Hold)


def test_time_that_was_lost_in_early_steps_is_not_given_again() -> None:
    rollout = begun("canary", bake_minutes=60, max_hold_minutes=100).changed(step=2, weight=50, since=minutes(210))
    at = minutes(281)
    evidence = evidence_of(rollout, at, held_since=at, missing="no requests")
    assert isinstance(next_action(rollout, evidence, minutes(279)), Hold)
    assert isinstance(next_action(rollout, evidence, at), RollBack)

"""While a challenger rolls out, or somebody else is at work, a champion that fails is told of, but not taken back."""

from typing import Any

import pytest

from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.policy.policy import PolicyStatus
from auto_retrain.domain.rollout import Rollout
from auto_retrain.domain.verdict import Outcome, Verdict
from auto_retrain.domain.watch import Alert
from auto_retrain.usecases.after_promotion.acknowledge import acknowledge
from auto_retrain.usecases.after_promotion.decide import decide
from tests.unit.builders import a_policy
from tests.unit.usecases.after_promotion.watch_world import WatchWorld

OWN = {"counts_rows": True, "version_dimension": "Version"}
CANARY = {"strategy": "canary", "traffic": {"adapter": "router"}}


@pytest.fixture
def world() -> WatchWorld:
    return WatchWorld()


def roll_out(world: WatchWorld, weight: int = 5) -> None:
    rollout = Rollout(
        job_id="churn-3",
        challenger=ModelVersion(number="3"),
        deployment=a_policy(deployment=CANARY).deployment,
        policy_version=1,
        started_at=world.now,
        weight=weight,
        since=world.now,
    )
    world.ports.ledger.write(world.record().rolling_out(rollout, "auto-retrain", "better", world.now))


def with_conflict(world: WatchWorld) -> None:
    """Somebody else has deleted the alias."""
    world.ports.registry._champions.pop("churn")
    world.follow(world.record())
    assert world.record().conflict


def with_own_metric(world: WatchWorld, **metric: Any) -> None:
    world.apply(metric={**OWN, **metric})


def test_a_champion_that_fails_on_its_own_metric_is_told_of_while_a_challenger_rolls_out(world: WatchWorld) -> None:
    with_own_metric(world)
    roll_out(world)
    world.degrade(to=0.5)
    outcomes = [world.passes(12, every=12) for _ in range(4)]
    assert sum(each.failed for each in outcomes) == 1
    assert (world.champion(), world.record().rollout is None, world.record().is_watched) == ("2", False, True)
    assert "churn version 2 failed and was not taken back" in world.messages[0]
    assert "it is not taken back while version 3 rolls out" in world.messages[0]


def test_it_is_taken_back_once_the_rollout_has_ended(world: WatchWorld) -> None:
    with_own_metric(world)
    roll_out(world)
    world.degrade(to=0.5)
    world.passes(48, every=12)
    acknowledge("churn", "ada", None, world.ports)
    told = len(world.messages)
    world.follow(world.ports.ledger.write(world.record().aborted("ada", "no", world.now)))
    world.passes()
    assert (world.champion(), world.alert().taken_back) == ("1", True)
    assert ["was taken back" in text for text in world.messages[told:]] == [True]


def test_reminders_go_on_for_as_long_as_the_rollout_is_paused(world: WatchWorld) -> None:
    with_own_metric(world)
    roll_out(world)
    world.degrade(to=0.5)
    world.passes(10 * 24, every=3)
    told = len(world.messages)
    world.passes(40 * 24, every=3)
    assert len(world.messages) - told == 40


def test_a_promotion_of_the_challenger_ends_the_reminders(world: WatchWorld) -> None:
    with_own_metric(world)
    roll_out(world)
    world.degrade(to=0.5)
    world.passes(48, every=12)
    world.metrics.accuracy["churn"].append((world.now, 0.9))
    world.promote(version="3")
    told = len(world.messages)
    world.passes(48, every=12)
    assert len(world.messages) == told


def test_a_healthy_champion_with_its_own_metric_becomes_final_during_a_rollout(world: WatchWorld) -> None:
    with_own_metric(world)
    roll_out(world)
    world.passes(8 * 24, every=24)
    assert world.record().final
    assert world.record().rollout
    assert world.messages == []


def test_copies_of_requests_leave_the_metric_that_of_the_champion(world: WatchWorld) -> None:
    roll_out(world, weight=0)
    world.degrade(to=0.5)
    world.passes(48, every=12)
    assert "failed and was not taken back" in world.messages[0]


def test_nothing_is_read_while_the_metric_is_that_of_two_versions(world: WatchWorld) -> None:
    world.passes(25)
    roll_out(world)
    world.degrade(to=0.5)
    asked = len(world.metrics.queries)
    world.passes(10 * 24, every=12)
    assert (len(world.metrics.queries), world.messages, world.champion()) == (asked, [], "2")


def test_a_champion_that_fails_is_told_of_while_somebody_else_is_at_work(world: WatchWorld) -> None:
    with_conflict(world)
    world.degrade(to=0.4)
    told = len(world.messages)
    world.passes(48, every=12)
    assert world.champion() == "2"
    assert "not taken back while the alias 'champion' names no version" in world.messages[told]


def test_a_conflict_does_not_keep_a_watch_open(world: WatchWorld) -> None:
    with_conflict(world)
    world.passes(8 * 24, every=24)
    assert world.record().final


def test_what_failed_before_is_settled_before_people_are_told_of_this_one(world: WatchWorld) -> None:
    unsettled = world.record().rolled_back_to(_line_of(world, "1"), "auto-retrain", "bad", world.now).record.alert
    world.ports.ledger.note(world.record().alerted(unsettled.changed(version="0")))
    with_conflict(world)
    world.degrade(to=0.4)
    world.passes(48, every=24)
    assert world.job().ending == "rolled_back"
    world.passes()
    assert world.alert().version == "2"


@pytest.mark.parametrize(
    ("version", "settled", "taken_back", "warned"),
    [
        ("0", True, True, True),
        ("0", True, False, True),
        ("0", False, True, False),
        ("2", True, True, True),
        ("2", True, False, False),
        ("2", False, False, False),
    ],
)
def test_people_are_warned_of_a_failing_champion_once_and_after_what_failed_before(
    world: WatchWorld, version: str, settled: bool, taken_back: bool, warned: bool
) -> None:
    before = Alert(version=version, job_id=None, reason="bad", at=world.now, settled=settled, taken_back=taken_back)
    record = world.record().changed(conflict="somebody else is at work", alert=before)
    failed = Verdict(check="champion_watch", outcome=Outcome.MET, reason="worse")
    decision = decide(record, world.ports.policies.get("churn"), failed, world.now)
    assert (decision is not None and decision.step == "warn") is warned


def _line_of(world: WatchWorld, version: str) -> Any:
    return next(each for each in world.ports.ledger.lines("churn", 9) if each.version.number == version)


def test_a_paused_model_is_not_told_of_either(world: WatchWorld) -> None:
    with_conflict(world)
    world.ports.policies.apply(a_policy(), "ada", world.now, status=PolicyStatus.PAUSED)
    world.degrade(to=0.4)
    told = len(world.messages)
    world.passes(48, every=12)
    assert len(world.messages) == told

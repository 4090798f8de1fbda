"""A watch follows what people decide about the model: paused, no longer watched, or removed."""

from typing import Any

import pytest

from auto_retrain.domain.policy.policy import PolicyStatus
from auto_retrain.domain.status import RetrainingStatus
from tests.unit.builders import a_policy
from tests.unit.usecases.after_promotion.watch_world import WatchWorld


@pytest.fixture
def world() -> WatchWorld:
    return WatchWorld()


def applied(world: WatchWorld, status: PolicyStatus, **sections: Any) -> None:
    world.ports.policies.apply(a_policy(**sections), "ada", world.now, status=status)


def reason_of_the_end(world: WatchWorld) -> str:
    final = world.record().final
    assert final
    return final.reason


@pytest.mark.parametrize(
    ("status", "watch_days", "why"),
    [(PolicyStatus.ACTIVE, 0, "deployment.watch_days is 0"), (PolicyStatus.REMOVED, 7, "ada removed the policy")],
)
def test_a_person_ends_the_watch_by_the_policy(
    world: WatchWorld, status: PolicyStatus, watch_days: int, why: str
) -> None:
    world.passes(24, every=24)
    world.degrade(to=0.5)
    applied(world, status, deployment={"watch_days": watch_days})
    world.passes()
    assert why in reason_of_the_end(world)
    world.passes(10 * 24, every=12)
    assert (world.champion(), world.record().alert, world.messages) == ("2", None, [])


def test_a_person_ends_the_watch_even_if_its_verdict_is_bad_by_now(world: WatchWorld) -> None:
    world.degrade(to=0.5)
    applied(world, PolicyStatus.ACTIVE, deployment={"watch_days": 0})
    world.passes(72, every=72)
    assert (world.champion(), world.messages) == ("2", [])


def test_a_paused_model_is_not_judged_and_its_watch_ends_by_itself(world: WatchWorld) -> None:
    world.passes(24, every=24)
    world.degrade(to=0.5)
    applied(world, PolicyStatus.PAUSED)
    asked = len(world.metrics.queries)
    world.passes(7 * 24, every=12)
    assert (world.champion(), world.messages, len(world.metrics.queries)) == ("2", [], asked)
    assert "the model is paused" in reason_of_the_end(world)


def test_a_model_that_is_resumed_is_judged_again(world: WatchWorld) -> None:
    world.degrade(to=0.5)
    applied(world, PolicyStatus.PAUSED)
    world.passes(48, every=12)
    assert world.champion() == "2"
    applied(world, PolicyStatus.ACTIVE)
    world.passes(12, every=12)
    assert world.champion() == "1"


@pytest.mark.parametrize("status", [PolicyStatus.PAUSED, PolicyStatus.REMOVED])
def test_what_was_taken_back_before_is_settled_nevertheless(world: WatchWorld, status: PolicyStatus) -> None:
    world.ports.ledger.note(world.record().failed("it got worse", world.now))
    applied(world, status)
    world.passes()
    assert world.alert().settled


def test_reminders_of_a_paused_model_go_on_and_those_of_a_removed_one_end(world: WatchWorld) -> None:
    world.degrade(to=0.5)
    world.passes(72, every=12)
    assert world.job().status is RetrainingStatus.ROLLED_BACK
    applied(world, PolicyStatus.PAUSED)
    told = len(world.messages)
    world.passes(24)
    assert len(world.messages) > told
    applied(world, PolicyStatus.REMOVED)
    told = len(world.messages)
    world.passes(10 * 24, every=6)
    known = world.alert().acknowledged
    assert len(world.messages) == told
    assert known
    assert (known.actor, known.reason) == ("ada", "the policy was removed")
    assert not world.record().is_watched

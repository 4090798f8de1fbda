"""Whoever lets the version before serve again by hand, during the watch, has taken the champion back."""

import pytest

from auto_retrain.domain.errors import RollbackRefused
from auto_retrain.domain.messages.rolling_out import RollbackRequest
from auto_retrain.domain.status import RetrainingStatus
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.usecases.rolling_out.roll_back import roll_back
from tests.unit.usecases.after_promotion.watch_world import HOUR, WatchWorld


@pytest.fixture
def world() -> WatchWorld:
    return WatchWorld()


def move(world: WatchWorld, version: str) -> None:
    world.ports.registry.set_champion("churn", version)
    world.follow(world.record())
    assert world.champion() == version


def test_its_job_says_so_its_trigger_backs_off_and_it_is_not_offered_again(world: WatchWorld) -> None:
    world.passes(24, every=24)
    move(world, "1")
    told = len(world.messages)
    world.passes(24)
    rejections = world.ports.states.get("churn").rejections[TriggerType.PERFORMANCE_DEGRADATION]
    assert world.job().status is RetrainingStatus.ROLLED_BACK
    assert [each.job_id for each in rejections.jobs] == ["churn-2"]
    assert (world.record().failures, world.record().is_rolled_back("2")) == (1, True)
    assert len(world.messages) == told
    assert not world.record().is_watched


def test_a_rollback_afterwards_does_not_go_back_to_it(world: WatchWorld) -> None:
    move(world, "1")
    world.ports.clock.advance(HOUR)
    with pytest.raises(RollbackRefused, match="no good version"):
        roll_back(RollbackRequest(model_name="churn", actor="ada", reason="worse still"), world.ports)


def test_the_level_of_the_version_before_is_kept_for_the_next_champion(world: WatchWorld) -> None:
    world.passes(48, every=24)
    level = world.watch().level
    move(world, "1")
    world.passes(24, every=24)
    world.promote(version="3")
    assert level
    assert world.watch().level == level


def test_moving_it_forward_again_takes_that_back(world: WatchWorld) -> None:
    move(world, "1")
    world.passes(2)
    move(world, "2")
    assert (world.record().is_rolled_back("2"), world.record().failures) == (False, 0)
    assert not world.record().is_watched


def test_a_rollback_to_it_blames_nobody(world: WatchWorld) -> None:
    move(world, "1")
    world.passes(2)
    roll_back(RollbackRequest(model_name="churn", actor="ada", to="2", reason="it was fine"), world.ports)
    record = world.record()
    assert (world.champion(), record.rolled_back, record.failures) == ("2", (), 0)


def test_another_version_or_a_later_move_says_nothing_about_the_champion(world: WatchWorld) -> None:
    move(world, "3")
    assert (world.record().is_rolled_back("2"), world.record().alert) == (False, None)
    late = WatchWorld()
    late.passes(8 * 24, every=24)
    assert late.record().final
    move(late, "1")
    late.passes(2)
    assert late.job().status is RetrainingStatus.COMPLETED
    assert (late.record().is_rolled_back("2"), late.record().failures) == (False, 0)

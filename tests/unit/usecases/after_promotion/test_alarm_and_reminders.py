"""A champion that an alarm takes back is told of once, at once, and people are reminded of it like of any other."""

import pytest

from auto_retrain.domain.errors import EventsUnavailable, StoreUnavailable
from auto_retrain.domain.messages.rolling_out import RollbackAlarm, RollbackOutcome
from auto_retrain.usecases.rolling_out.roll_back import roll_back
from tests.unit.usecases.after_promotion.watch_world import WatchWorld


@pytest.fixture
def world() -> WatchWorld:
    world = WatchWorld()
    world.passes(24, every=24)
    return world


def alarm(world: WatchWorld) -> RollbackOutcome:
    detail = {"alarmName": "auto-retrain-test-rollback-churn", "state": {"value": "ALARM"}}
    event = {"time": world.now.isoformat(), "detail": detail}
    return roll_back(RollbackAlarm.model_validate(event), world.ports)


def test_it_is_told_of_once_and_then_reminded_of(world: WatchWorld) -> None:
    assert alarm(world).version == "1"
    (first,) = world.messages
    assert "auto-retrain took back version 2 of churn" in first
    assert "'auto-retrain acknowledge churn'" in first
    world.passes(1)
    world.passes(2)
    reminders = world.messages[1:]
    assert len(reminders) == 2
    assert all("1 champion that failed is still not acknowledged" in text for text in reminders)


def test_a_message_that_could_not_be_sent_is_sent_within_the_hour(
    world: WatchWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(world.ports.events, "publish", _away)
        alarm(world)
    world.passes(1)
    (first,) = world.messages
    assert "churn version 2 was taken back" in first


def test_a_store_that_is_away_after_the_message_does_not_undo_the_rollback(
    world: WatchWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = world.ports.events.publish

    def publish_and_lose_the_store(event: object) -> None:
        publish(event)
        patched.setattr(world.ports.ledger, "note", _lost)

    with monkeypatch.context() as patched:
        patched.setattr(world.ports.events, "publish", publish_and_lose_the_store)
        assert alarm(world).version == "1"
    world.passes(1)
    assert (world.champion(), len(world.messages)) == ("1", 2)


def _away(_: object) -> None:
    raise EventsUnavailable("away")


def _lost(_: object) -> None:
    raise StoreUnavailable("away")

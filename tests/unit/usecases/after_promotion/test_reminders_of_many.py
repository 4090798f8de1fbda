"""However many champions have failed, and whenever each did: people are reminded of all of them together."""

from datetime import timedelta

from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.usecases.after_promotion.watch_champions import watch_champions
from tests.unit.builders import NOON
from tests.unit.usecases.after_promotion.watch_world import DAY, WatchWorld

NAMES = [f"gl-{number:02}" for number in range(24)]


def fail_one_an_hour() -> WatchWorld:
    """A day later."""
    world = WatchWorld(*NAMES)
    world.ports.clock.advance(DAY)
    for name in NAMES:
        world.metrics.accuracy[name] = [(NOON - 90 * DAY, 0.9), (NOON, 0.3)]
        world.passes()
    assert all(world.champion(name) == "1" for name in NAMES)
    return world


def messages_a_day(world: WatchWorld, days: int) -> list[int]:
    told = []
    for _ in range(days):
        before = len(world.messages)
        world.passes(24)
        told.append(len(world.messages) - before)
    return told


def test_champions_that_fail_at_different_hours_are_soon_one_message_a_day() -> None:
    world = fail_one_an_hour()
    first, *later = messages_a_day(world, 8)
    assert first <= 5
    assert later == [1] * 7
    assert all(name in world.messages[-1] for name in NAMES)


def test_another_one_that_fails_joins_the_message_of_the_others() -> None:
    world = WatchWorld("late", *NAMES)
    for name in NAMES:
        world.degrade(name)
    world.passes(5 * 24)
    world.metrics.accuracy["late"] = [(NOON - 90 * DAY, 0.9), (NOON, 0.3)]
    world.passes()
    assert "late version 2 was taken back" in world.messages[-1]
    assert "24 champions that failed are still not acknowledged" in world.messages[-1]
    first, *later = messages_a_day(world, 4)
    assert first <= 5
    assert later == [1] * 3


def test_no_champion_waits_longer_for_a_reminder_than_a_day() -> None:
    world = fail_one_an_hour()
    for _ in range(5 * 24):
        world.passes()
        told_at = [alert.told_at for name in NAMES if (alert := world.alert(name))]
        assert all(at and world.now - at <= timedelta(days=1) for at in told_at)


def test_one_tick_from_the_future_does_not_silence_the_reminders() -> None:
    world = WatchWorld()
    world.degrade()
    world.passes(72)
    watch_champions(ScheduledEvent(time=world.now + 400 * DAY), world.ports)
    assert messages_a_day(world, 3)[1:] == [1, 1]

"""Nobody forgets a rollout that a person has paused."""

from datetime import timedelta

import pytest

from auto_retrain.domain.analysis import Analysis
from auto_retrain.domain.errors import EventsUnavailable
from auto_retrain.usecases.rolling_out.intervene import pause, resume
from tests.unit.announced import announced
from tests.unit.usecases.rolling_out.rollout_world import RolloutWorld, away

HOUR = timedelta(hours=1)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> RolloutWorld:
    """Version 2 of churn has 5 %."""
    world = RolloutWorld(monkeypatch)
    world.begin()
    return world


def reminders(world: RolloutWorld) -> list[str]:
    return [event.sentence for event in announced(world.ports) if "paused the rollout" in event.sentence]


def pass_hours(world: RolloutWorld, hours: int) -> None:
    """With a look in each of them."""
    for _ in range(hours):
        world.ports.clock.advance(HOUR - timedelta(minutes=1))
        world.watch()


def test_people_are_reminded_each_day_who_paused_it_since_when_and_how_it_goes_on(world: RolloutWorld) -> None:
    pause("churn", "ada", "a holiday", world.ports)
    pass_hours(world, 23)
    assert reminders(world) == []
    pass_hours(world, 30 * 24)
    assert len(reminders(world)) == 30
    assert reminders(world)[0] == (
        "ada paused the rollout of churn 1 day ago, on 2026-03-01 12:00 UTC, with version 2 at 5 %: a holiday; "
        "team@example.com, please let it go on with 'auto-retrain rollout churn resume', or end it with "
        "'auto-retrain rollout churn promote' or 'auto-retrain rollout churn abort'"
    )
    assert "2 days ago" in reminders(world)[1]
    assert len({event.event_id for event in announced(world.ports)}) == len(announced(world.ports))


def test_once_it_goes_on_nobody_is_reminded_and_a_later_pause_counts_anew(world: RolloutWorld) -> None:
    pause("churn", "ada", "a holiday", world.ports)
    pass_hours(world, 25)
    resume("churn", "bob", "back again", world.ports)
    world.analyses["churn"] = Analysis(unproven="too few requests")
    pass_hours(world, 30)
    pause("churn", "bob", "a campaign", world.ports)
    pass_hours(world, 23)
    assert len(reminders(world)) == 1
    pass_hours(world, 1)
    assert reminders(world)[1].startswith("bob paused")


def test_a_reminder_that_could_not_be_sent_is_sent_by_the_next_look(world: RolloutWorld) -> None:
    events, world.ports.events = world.ports.events, away(EventsUnavailable)
    pause("churn", "ada", "a holiday", world.ports)
    pass_hours(world, 25)
    world.ports.events = events
    world.watch()
    world.watch()
    assert len(reminders(world)) == 1


def test_what_somebody_else_moved_does_not_hide_the_pause(world: RolloutWorld) -> None:
    pause("churn", "ada", "a holiday", world.ports)
    world.traffic.move("churn", {"2": 60, "1": 40})
    pass_hours(world, 25)
    assert (world.record().conflict is not None, len(reminders(world))) == (True, 1)

"""Whoever is on call hears of a budget that holds a model once a month, and of its end."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.errors import EventsUnavailable
from auto_retrain.domain.events import FactEvent
from auto_retrain.domain.fleet import FleetLimits
from auto_retrain.domain.incidents import INCIDENT_STEPS
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.domain.metric_reading import MetricReading
from auto_retrain.usecases.notifying.notify import PublishedEvent, notify
from auto_retrain.usecases.operating.policies import pause_model
from auto_retrain.usecases.triggering.sweep_models import sweep_models
from tests.unit.builders import NOON, a_policy
from tests.unit.usecases.triggering.test_budgets import DAY, DEGRADED, a_fleet, retrain

MODEL = "gl-000"


class Incident(NamedTuple):
    """The first day on which an incident is open, and the day on which it ends; None if it does not."""

    began: int
    ended: int | None


def live(ports: MemoryPorts, days: int, on_day: Callable[[int], None] = lambda day: None) -> list[Incident]:
    """A sweep a day, whose events reach people; a retraining that it starts costs a dollar and helps nothing."""
    incidents: list[Incident] = []
    published = 0
    for day in range(days):
        ports.clock.advance(NOON + day * DAY - ports.clock.now())
        on_day(day)
        before = len(ports.executions.started)
        sweep_models(ScheduledEvent(time=ports.clock.now()), ports)
        if len(ports.executions.started) > before:
            retrain(ports, MODEL, 1.0)
        for event in ports.events.published[published:]:
            notify(PublishedEvent(detail=event), ports)
        published = len(ports.events.published)
        _follow(ports, day, incidents)
    return incidents


def _follow(ports: MemoryPorts, day: int, incidents: list[Incident]) -> None:
    """What PagerDuty makes of the messages of a day: one incident at a time."""
    pager = ports.channels["pagerduty"]
    for message in pager.sent:
        for step in INCIDENT_STEPS[message.topic]:
            is_open = bool(incidents) and incidents[-1].ended is None
            if "budget" in step.subjects and step.action == "trigger" and not is_open:
                incidents.append(Incident(day, None))
            if "budget" in step.subjects and step.action == "resolve" and is_open:
                incidents[-1] = incidents[-1]._replace(ended=day)
    pager.sent.clear()


def needed(ports: MemoryPorts, until: int = 10_000) -> Callable[[int], None]:
    """The model is below its threshold until a day."""

    def on_day(day: int) -> None:
        value = 0.8 if day < until else 0.99
        ports.metrics.readings[MODEL] = MetricReading(value=value, rows=5000, points=30, newest_at=ports.clock.now())

    return on_day


def loud(ports: MemoryPorts) -> list[datetime]:
    return [message.at for message in ports.channels["slack"].sent if message.topic == "budget_holds"]


@pytest.mark.parametrize("budget", [0.5, 1.5], ids=["too small for one retraining", "enough for one a month"])
def test_in_a_year_people_hear_once_a_month_and_no_incident_outlives_its_month(budget: float) -> None:
    ports = a_fleet(1, budget_month_usd=budget)
    incidents = live(ports, 365, needed(ports))
    assert [at.month for at in loud(ports)] == [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2]
    assert len(incidents) == 12
    *ended, last = incidents
    assert all(each.ended is not None and each.ended - each.began <= 31 for each in ended)
    assert last.ended is None or budget > 1
    # Each month has its own, and ends with it.
    assert [(NOON + timedelta(days=each.ended or 0)).day for each in ended] == [1] * 11


def test_a_model_that_needs_no_retraining_any_more_is_not_spoken_of_again() -> None:
    ports = a_fleet(1, budget_month_usd=1.5)
    assert live(ports, 365, needed(ports, until=5)) == [Incident(0, 31)]
    assert len(loud(ports)) == 1


def test_a_larger_budget_of_the_fleet_ends_it_the_next_day() -> None:
    ports = a_fleet(1, budget=1.5)
    need = needed(ports, until=9)

    def on_day(day: int) -> None:
        need(day)
        if day == 10:
            ports.limits = FleetLimits(budget_month_usd=100)

    assert live(ports, 90, on_day) == [Incident(0, 10)]
    assert len(loud(ports)) == 1


def test_a_new_policy_ends_it_at_once_whatever_it_says() -> None:
    ports = a_fleet(1, budget_month_usd=1.5)
    need = needed(ports)

    def on_day(day: int) -> None:
        need(day)
        if day == 3:
            ports.policies.apply(a_policy(model=MODEL, triggers=DEGRADED), "ada", ports.clock.now())
            pause_model(MODEL, "looking into it", "ada", ports)

    assert live(ports, 90, on_day)[0] == Incident(0, 3)
    assert len(loud(ports)) == 1


def test_a_budget_that_holds_a_model_again_in_the_same_month_is_not_told_twice() -> None:
    ports = a_fleet(1, budget=1.5)
    need = needed(ports)

    def on_day(day: int) -> None:
        need(day)
        ports.limits = FleetLimits(budget_month_usd=100 if day == 4 else 1.5)

    assert live(ports, 30, on_day)[0] == Incident(0, 4)
    assert len(loud(ports)) == 1


def test_people_are_told_later_if_the_bus_was_away(monkeypatch: pytest.MonkeyPatch) -> None:
    ports = a_fleet(1, budget_month_usd=1.5)
    need, publish = needed(ports, until=20), ports.events.publish

    def away(event: FactEvent) -> None:
        raise EventsUnavailable("try again")

    def on_day(day: int) -> None:
        need(day)
        monkeypatch.setattr(ports.events, "publish", away if day < 2 or 31 <= day < 33 else publish)

    assert live(ports, 60, on_day) == [Incident(2, 33)]

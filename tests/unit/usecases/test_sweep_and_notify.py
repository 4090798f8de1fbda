"""The fleet is screened in few calls, and people are told once."""

from datetime import datetime, timedelta

import pytest

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.errors import AwsRefused, NotificationFailed, StoreUnavailable
from auto_retrain.domain.messages import JobEvent, ScheduledEvent
from auto_retrain.domain.metric import MetricReading
from auto_retrain.usecases.notify import CLAIMED, PublishedEvent, notify
from auto_retrain.usecases.sweep_models import sweep_models
from tests.unit.builders import NOON, a_policy

TICK = ScheduledEvent(time=NOON)
EVENT = JobEvent(event_id="j-started", kind="started", job_id="j", model_name="churn", text="Retraining", at=NOON)


def fleet() -> MemoryPorts:
    """Healthy, degraded and never retrained; drift was looked for today."""
    ports = MemoryPorts()
    for model, accuracy in (("healthy", 0.95), ("degraded", 0.8), ("new", 0.95)):
        ports.policies.apply(a_policy(model=model), "ada", NOON)
        ports.metrics.readings[model] = MetricReading(value=accuracy, rows=5000)
        ports.jobs.record_drift_check(model, NOON)
        if model != "new":
            ports.jobs.record_retrain(model, NOON)
    return ports


def test_a_sweep_starts_what_may_be_due_and_nothing_else() -> None:
    ports = fleet()
    report = sweep_models(TICK, ports)
    started = {event["model_name"]: event["trigger_type"] for event in ports.executions.started.values()}
    assert (report.models, len(report.started)) == (3, 2)
    assert started == {"degraded": "performance_degradation", "new": "scheduled"}


def test_a_second_sweep_of_the_day_starts_nothing_twice() -> None:
    ports = fleet()
    sweep_models(TICK, ports)
    again = sweep_models(ScheduledEvent(time=NOON + timedelta(hours=1)), ports)
    assert (again.started, again.known) == ((), 2)


def test_a_scheduled_retraining_that_failed_is_tried_again_the_next_day() -> None:
    ports = fleet()
    for hours in range(0, 72, 12):
        sweep_models(ScheduledEvent(time=NOON + timedelta(hours=hours)), ports)
    starts = [event for event in ports.executions.started.values() if event["model_name"] == "new"]
    assert len(starts) == 4  # from the noon of one day to the midnight of the fourth


def test_a_model_whose_drift_was_not_looked_for_today_is_started_for_that() -> None:
    ports = fleet()
    report = sweep_models(ScheduledEvent(time=NOON + timedelta(days=1)), ports)
    kinds = {event["model_name"]: event["trigger_type"] for event in ports.executions.started.values()}
    assert len(report.started) == 3
    assert kinds["healthy"] == "data_drift"


def test_an_empty_fleet_is_no_problem() -> None:
    assert sweep_models(TICK, MemoryPorts()).models == 0


def test_people_are_told_once() -> None:
    ports = MemoryPorts()
    assert notify(PublishedEvent(detail=EVENT), ports).told
    assert not notify(PublishedEvent(detail=EVENT), ports).told
    assert ports.notifier.texts == ["Retraining"]


@pytest.mark.parametrize("error", [NotificationFailed("Slack answered 500"), AwsRefused("no secret"), ValueError("?")])
def test_a_notification_that_failed_in_any_way_is_tried_again(error: Exception) -> None:
    ports = MemoryPorts()
    send = ports.notifier.send

    def fail(text: str) -> None:
        raise error

    ports.notifier.send = fail  # type: ignore[method-assign]
    with pytest.raises(type(error)):
        notify(PublishedEvent(detail=EVENT), ports)
    ports.notifier.send = send  # type: ignore[method-assign]
    assert notify(PublishedEvent(detail=EVENT), ports).told


def test_what_a_stopped_call_did_not_tell_is_told_once_its_claim_ran_out() -> None:
    ports = MemoryPorts()
    ports.notifications.claim(EVENT.event_id, "stopped", ports.clock.now() + CLAIMED)
    with pytest.raises(NotificationFailed):
        notify(PublishedEvent(detail=EVENT), ports)
    ports.clock.advance(CLAIMED + timedelta(seconds=1))
    assert notify(PublishedEvent(detail=EVENT), ports).told


def test_people_are_not_told_again_days_later() -> None:
    ports = MemoryPorts()
    notify(PublishedEvent(detail=EVENT), ports)
    ports.clock.advance(timedelta(days=6))
    assert not notify(PublishedEvent(detail=EVENT), ports).told


def test_a_notification_that_was_sent_is_not_sent_again_because_it_could_not_be_noted() -> None:
    ports = MemoryPorts()

    def unavailable(event_id: str, until: datetime) -> None:
        raise StoreUnavailable("slow down")

    ports.notifications.confirm = unavailable  # type: ignore[method-assign]
    assert notify(PublishedEvent(detail=EVENT), ports).told
    assert ports.notifier.texts == ["Retraining"]

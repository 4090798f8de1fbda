"""Scheduled rules fire when they should, and carry the event that EventBridge sends."""

from datetime import UTC, datetime
from itertools import islice
from types import SimpleNamespace

import pytest
from cronsim import CronSim

from local.aws.dispatcher import rules
from local.aws.schedules import Schedules, moments, unix_cron

from .conftest import App


def test_a_schedule_fires_as_of_any_moment(app: App) -> None:
    app.account.dispatcher.fire_schedule("DailyRule", datetime(2013, 6, 3, 6, tzinfo=UTC))

    event = app.recorded(lambda event: event["time"] == "2013-06-03T06:00:00Z")[0]
    assert event["source"] == "aws.events"
    assert event["detail-type"] == "Scheduled Event"
    assert event["detail"] == {}
    assert "DailyRule" in event["resources"][0]


def test_an_unknown_schedule_is_an_error_that_names_the_known_ones(app: App) -> None:
    with pytest.raises(KeyError, match="DailyRule"):
        app.account.dispatcher.fire_schedule("WeeklyRule", datetime.now(UTC))


def test_a_named_schedule_ticks_at_its_interval_and_the_others_do_not_fire(app: App) -> None:
    app.account.schedules.start({"ScheduleRule": 0.05}, others_too=False)

    deadline = datetime.now(UTC).timestamp() + 10
    while len(ticks := app.recorded(lambda event: "ScheduleRule" in event["resources"][0])) < 3:
        assert datetime.now(UTC).timestamp() < deadline

    app.account.schedules.stop()
    assert all(tick["detail-type"] == "Scheduled Event" for tick in ticks)


def test_a_rule_fires_early_if_it_is_asked_to_and_its_event_says_when(app: App) -> None:
    schedules, started = Schedules(app.account.dispatcher), datetime.now(UTC).replace(microsecond=0)
    schedules.start({"ScheduleRule": 3600.0}, others_too=False)

    schedules.fire_early("ScheduleRule")

    deadline = datetime.now(UTC).timestamp() + 10
    while not (ticks := app.recorded(lambda event: "ScheduleRule" in event["resources"][0])):
        assert datetime.now(UTC).timestamp() < deadline
    schedules.stop()
    schedules.join()
    assert started <= datetime.fromisoformat(ticks[-1]["time"]) <= datetime.now(UTC)


def test_a_rule_that_is_disabled_does_not_fire_until_it_is_enabled_again(app: App) -> None:
    schedules = Schedules(app.account.dispatcher)
    (name,) = (rule.name for rule in rules() if getattr(rule, "logical_resource_id", "") == "ScheduleRule")
    missed, due = (datetime(2013, 6, day, tzinfo=UTC) for day in (4, 5))

    app.client("events").disable_rule(Name=name)
    schedules._tick("ScheduleRule", iter([missed]))
    app.client("events").enable_rule(Name=name)
    schedules._tick("ScheduleRule", iter([due]))

    fired = [event["time"] for event in app.recorded(lambda event: event["time"].startswith("2013-06-0"))]
    assert f"{due:%Y-%m-%dT%H:%M:%SZ}" in fired
    assert f"{missed:%Y-%m-%dT%H:%M:%SZ}" not in fired


@pytest.mark.parametrize(
    ("aws", "first"),
    [
        ("0 6 ? * MON-FRI *", "2026-11-23T06:00"),
        ("0 0 ? * 1 *", "2026-11-29T00:00"),
        ("0 8 ? * 2#1 *", "2026-12-07T08:00"),
        ("0/15 * * * ? *", "2026-11-23T00:15"),
        ("30 12 1 * ? *", "2026-12-01T12:30"),
    ],
)
def test_cron_expressions_are_read_as_aws_reads_them(aws: str, first: str) -> None:
    monday = datetime(2026, 11, 23, tzinfo=UTC)

    assert f"{next(CronSim(unix_cron(aws), monday)):%Y-%m-%dT%H:%M}" == first


def test_a_rate_is_counted_from_now() -> None:
    rule = SimpleNamespace(scheduled_expression="rate(5 minutes)", name="every-five-minutes")

    first = next(islice(moments(rule), 1))

    assert 299 <= (first - datetime.now(UTC)).total_seconds() <= 300

"""Where clocks change, the three questions about a schedule have the same answer, and it is the right one."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import takewhile

import pytest
from cronsim import CronSim
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_retrain.domain.schedule import last_due, runs_between, upcoming
from auto_retrain.domain.time_zones import time_zone

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
# Half an hour, two and three hours, a quarter past, a whole day that was left out, Ramadan, and those of everybody.
ZONES = [
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Antarctica/Casey",
    "Pacific/Chatham",
    "Pacific/Apia",
    "Africa/Casablanca",
    "America/Caracas",
    "America/St_Johns",
    "America/New_York",
    "Europe/Berlin",
]


@cache
def changes(zone: str) -> list[datetime]:
    """The moments from 2010 to 2026 at which the clocks of a zone changed."""
    days = [datetime(2010, 1, 1, tzinfo=UTC) + number * DAY for number in range(17 * 365)]
    return [_change(day, zone) for day in days if _offset(day, zone) != _offset(day + DAY, zone)]


def _offset(moment: datetime, zone: str) -> timedelta | None:
    return moment.astimezone(time_zone(zone)).utcoffset()


def _change(day: datetime, zone: str) -> datetime:
    return next(day + n * MINUTE for n in range(1441) if _offset(day + n * MINUTE, zone) != _offset(day, zone))


def minute_by_minute(expression: str, zone: str, after: datetime, until: datetime) -> Iterator[datetime]:
    """When an expression fires, by looking at the clock every minute."""
    cron, daily = CronSim(expression, datetime(2000, 1, 1)), "*" not in "".join(s[0] for s in expression.split()[:2])

    def is_named(shown: datetime) -> bool:
        hour = shown.minute in cron.minutes and shown.hour in cron.hours
        return hour and shown.month in cron.months and cron.match_day(shown.date())

    before = after.astimezone(time_zone(zone)).replace(tzinfo=None, fold=0)
    for number in range(1, (until - after) // MINUTE + 1):
        moment = after + number * MINUTE
        clock = moment.astimezone(time_zone(zone))
        shown, is_second = clock.replace(tzinfo=None, fold=0), bool(clock.fold)
        passed_over = (before + n * MINUTE for n in range(1, (shown - before) // MINUTE))
        if (is_named(shown) and not (daily and is_second)) or (daily and any(map(is_named, passed_over))):
            yield moment
        before = shown


STARS = st.sampled_from(["*", "*/5", "*/20", "*/30"])
MINUTES = st.one_of(STARS, st.sampled_from(["0", "30", "15,45", "59", "1-10/3"]))
HOURS = st.sampled_from(["*", "*/2", "*/3", "*/5", "0", "1", "2", "3", "1,2", "0-4", "23"])
REST = st.sampled_from(["* * *", "* * *", "* * 0", "* * 1-6", "30 * *", "L * *"])


@settings(deadline=None)
@given(st.data(), st.sampled_from(ZONES), MINUTES, HOURS, REST)
def test_the_three_agree_with_a_look_at_the_clock_every_minute(
    data: st.DataObject, zone: str, minute: str, hour: str, rest: str
) -> None:
    expression = f"{minute} {hour} {rest}"
    change = data.draw(st.sampled_from(changes(zone)))
    after = change - timedelta(minutes=data.draw(st.integers(0, 600)))
    until = change + timedelta(minutes=data.draw(st.integers(0, 600)))
    expected = list(minute_by_minute(expression, zone, after, until))
    assert list(takewhile(lambda moment: moment <= until, upcoming(expression, zone, after))) == expected
    assert runs_between(expression, zone, after, until, limit=5000) == len(expected)
    if expected:
        assert last_due(expression, zone, until) == expected[-1]
    at = data.draw(st.sampled_from([*expected, after]))
    earlier = list(minute_by_minute(expression, zone, at - timedelta(hours=5), at))
    last = last_due(expression, zone, at)
    assert last is not None
    assert last == earlier[-1] if earlier else last <= at - timedelta(hours=5)


@pytest.mark.parametrize("expression", ["0 */2 * * *", "0 2 * * *"])
def test_the_run_after_half_an_hour_was_set_back_is_not_lost(expression: str) -> None:
    before, due = datetime(2024, 4, 6, 13, tzinfo=UTC), datetime(2024, 4, 6, 15, 30, tzinfo=UTC)
    assert last_due(expression, "Australia/Lord_Howe", due + MINUTE) == due
    assert next(upcoming(expression, "Australia/Lord_Howe", before)) == due
    assert runs_between(expression, "Australia/Lord_Howe", before, due) == 1


@settings(deadline=None)
@given(st.data(), st.sampled_from(ZONES), MINUTES, HOURS)
def test_what_ran_last_does_not_depend_on_what_was_asked_before(
    data: st.DataObject, zone: str, minute: str, hour: str
) -> None:
    expression = f"{minute} {hour} * * *"
    change = data.draw(st.sampled_from(changes(zone)))
    moments = [change + n * MINUTE for n in data.draw(st.lists(st.integers(-600, 600), min_size=2, max_size=8))]
    fires = [*minute_by_minute(expression, zone, min(moments) - 2 * DAY, max(moments))]
    for at in moments:
        last = last_due(expression, zone, at)
        assert last is not None
        assert last == ([each for each in fires if at - 2 * DAY < each <= at] or [last])[-1]

"""Reminders about a champion that failed: ever less often but daily at least, until somebody says that they know."""

from datetime import timedelta
from itertools import pairwise

from auto_retrain.domain.watch import Alert, Watch
from tests.unit.builders import NOON

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def an_alert() -> Alert:
    return Alert(version="2", job_id="churn-1", reason="it got worse", at=NOON)


def test_over_months_people_are_reminded_ever_less_often_but_daily_and_never_given_up() -> None:
    alert, told = an_alert(), []
    for hour in range(90 * 24):
        if alert.is_due(NOON + hour * HOUR):
            alert = alert.reminded(NOON + hour * HOUR)
            told.append(hour)
    waits = [later - earlier for earlier, later in pairwise(told)]
    assert waits[:5] == [1, 2, 4, 8, 16]
    assert set(waits[5:]) == {24}


def test_the_first_acknowledgement_stays_and_ends_the_reminders() -> None:
    known = an_alert().reminded(NOON).acknowledged_by("ada", "I look into it", NOON)
    assert known.acknowledged_by("bob", None, NOON + HOUR) == known
    assert not known.is_due(NOON + 365 * 24 * HOUR)
    assert known.next_reminder is None
    assert not known.is_over
    assert known.changed(settled=True).is_over


def test_a_time_from_the_future_does_not_silence_the_reminders() -> None:
    alert = an_alert().reminded(NOON + 400 * 24 * HOUR)
    assert alert.is_due(NOON)
    alert = alert.reminded(NOON)
    assert not alert.is_due(NOON)
    assert not alert.is_due(NOON + HOUR)
    assert alert.is_due(NOON + 2 * HOUR)


def a_watch() -> Watch:
    return Watch(predecessor="1", predecessor_since=NOON - 30 * DAY, since=NOON, until=NOON + 90 * DAY)


def test_a_watch_of_an_earlier_release_is_read() -> None:
    level = {"value": 0.9, "worst": 0.89, "noise": 1.2, "days": 30, "rows": 30000}
    stored = {"predecessor": "1", "predecessor_since": NOON, "since": NOON, "until": NOON + 7 * DAY, "level": level}
    watch = Watch.model_validate(stored)
    assert watch.mixed == ()
    assert watch.level
    assert watch.level.read_by is None


def test_days_beside_a_time_of_two_versions_are_mixed_as_well() -> None:
    watch = a_watch().mixed_during(NOON + 10 * DAY, NOON + 10 * DAY + HOUR)
    mixed = [day for day in range(90) if watch.is_mixed(NOON + day * DAY, NOON + (day + 1) * DAY)]
    assert mixed == [9, 10, 11]


def test_times_of_two_versions_a_day_apart_are_one_and_later_ones_are_others() -> None:
    watch = a_watch()
    for start, end in ((10, 11), (12, 13), (20, 21), (30, 31), (32, 33)):
        watch = watch.mixed_during(NOON + start * DAY, NOON + end * DAY)
    times = [((each.since - NOON).days, (each.until - NOON).days) for each in watch.mixed]
    assert times == [(10, 13), (20, 21), (30, 33)]
    mixed = [day for day in range(90) if watch.is_mixed(NOON + day * DAY, NOON + (day + 1) * DAY)]
    assert mixed == [*range(9, 14), *range(19, 22), *range(29, 34)]


def test_times_of_two_versions_are_never_more_than_the_days_of_a_watch() -> None:
    watch = a_watch()
    for number in range(90 * 12):
        watch = watch.mixed_during(NOON + 2 * number * HOUR, NOON + (2 * number + 1) * HOUR)
    assert len(watch.mixed) == 1
    assert (watch.mixed[0].since, watch.mixed[0].until) == (NOON, NOON + 90 * DAY - HOUR)

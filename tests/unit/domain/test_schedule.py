"""Schedules follow the model's own time zone."""

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from auto_retrain.domain.schedule import check_cron, last_due, next_due, runs_between, upcoming


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "zone", "at", "due"),
    [
        ("0 0 * * 0", "UTC", utc(2026, 3, 4, 9), utc(2026, 3, 1)),
        ("0 0 * * 0", "UTC", utc(2026, 3, 1), utc(2026, 3, 1)),
        ("0 0 * * 0", "Europe/Berlin", utc(2026, 3, 4, 9), utc(2026, 2, 28, 23)),
        ("0 0 29 2 *", "UTC", utc(2026, 3, 1), utc(2024, 2, 29)),
        ("0 0 31 * *", "UTC", utc(2026, 3, 1), utc(2026, 1, 31)),
        ("59 23 31 12 *", "UTC", utc(2026, 1, 1), utc(2025, 12, 31, 23, 59)),
        ("0 6 * * *", "Europe/Berlin", utc(2026, 3, 29, 12), utc(2026, 3, 29, 4)),
        ("0 6 * * *", "Europe/Berlin", utc(2026, 10, 25, 12), utc(2026, 10, 25, 5)),
        # On this night the hour from 01:00 occurs twice: from 05:00 and from 06:00 UTC.
        ("0 * * * *", "America/New_York", utc(2026, 11, 1, 5, 59), utc(2026, 11, 1, 5)),
        ("0 * * * *", "America/New_York", utc(2026, 11, 1, 6, 0), utc(2026, 11, 1, 6)),
        ("0 * * * *", "America/New_York", utc(2026, 11, 1, 6, 30), utc(2026, 11, 1, 6)),
        ("30 1 * * *", "America/New_York", utc(2026, 11, 1, 5, 29), utc(2026, 10, 31, 5, 30)),
        ("30 1 * * *", "America/New_York", utc(2026, 11, 1, 5, 59), utc(2026, 11, 1, 5, 30)),
        ("30 1 * * *", "America/New_York", utc(2026, 11, 1, 6, 59), utc(2026, 11, 1, 5, 30)),
    ],
)
def test_the_last_due_moment(expression: str, zone: str, at: datetime, due: datetime) -> None:
    assert last_due(expression, zone, at) == due


def test_a_moment_skipped_by_daylight_saving_is_still_due_that_day() -> None:
    due = last_due("30 2 * * *", "Europe/Berlin", utc(2026, 3, 29, 12))
    assert due is not None
    assert due.date() == datetime(2026, 3, 29).date()


def test_a_schedule_with_six_fields_is_refused_with_the_expected_form() -> None:
    with pytest.raises(ValueError, match="five fields"):
        check_cron("0 0 0 * * 0")


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/New_York"])
@pytest.mark.parametrize("expression", ["0 0 * * 0", "30 2 * * *", "15 1 31 * *", "0 0 29 2 *", "*/20 * * * *"])
@pytest.mark.parametrize(
    "after", [datetime(2026, 3, 28, 15, 59, tzinfo=UTC), datetime(2026, 10, 25, 0, 40, tzinfo=UTC)]
)
def test_upcoming_moments_are_exactly_those_that_become_due(expression: str, zone: str, after: datetime) -> None:
    moments = list(islice(upcoming(expression, zone, after), 50))
    assert moments == sorted(set(moments))
    assert after < moments[0]
    assert all(last_due(expression, zone, moment) == moment for moment in moments)
    assert runs_between(expression, zone, after, moments[-1]) == len(moments)


@pytest.mark.parametrize("step", [timedelta(hours=1), timedelta(hours=-1)])
def test_more_runs_than_are_remembered_are_all_answered_alike(step: timedelta) -> None:
    first = utc(2026, 6, 1, 0, 30)
    for at in (first + number * step for number in (*range(1000), 0, 998, 999)):
        assert last_due("0 * * * *", "Asia/Tokyo", at) == at - timedelta(minutes=30)
        assert next_due("0 * * * *", "Asia/Tokyo", at) == at + timedelta(minutes=30)

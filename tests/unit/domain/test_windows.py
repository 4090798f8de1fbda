"""Training ends before the holdout begins, and both end before labels are missing."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.windows import metric_window, metric_window_end, utc_days, windows_at


def test_windows_end_before_the_event_and_follow_each_other() -> None:
    event = datetime(2026, 3, 31, 23, 59, tzinfo=UTC)
    windows = windows_at(event, evaluation_days=10, training_days=20, label_delay_days=1)
    assert (windows.holdout.start, windows.holdout.end) == (date(2026, 3, 20), date(2026, 3, 30))
    assert (windows.training.start, windows.training.end) == (date(2026, 2, 28), date(2026, 3, 20))
    assert str(windows.holdout) == "2026-03-20 to 2026-03-29"


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),
    st.integers(1, 365),
    st.integers(7, 730),
    st.integers(0, 365),
)
def test_no_day_is_in_both_windows(event: datetime, evaluation: int, training: int, delay: int) -> None:
    windows = windows_at(
        event.replace(tzinfo=UTC), evaluation_days=evaluation, training_days=training, label_delay_days=delay
    )
    assert not set(windows.training.days()) & set(windows.holdout.days())
    assert len(windows.training.days()) == training
    assert len(windows.holdout.days()) == evaluation


NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(("after", "hours"), [(timedelta(), 0), (timedelta(microseconds=1), 1), (59 * HOUR / 60, 1)])
def test_a_metric_is_read_up_to_the_next_full_hour_less_the_delay_of_labels(after: timedelta, hours: int) -> None:
    assert metric_window_end(NOON + after, 3) == NOON + hours * HOUR - 3 * DAY


@pytest.mark.parametrize(
    ("served", "days"),
    [(None, 30), (40 * DAY, 30), (30 * DAY, 30), (30 * DAY - HOUR, 29), (DAY, 1), (DAY - HOUR, 0), (-2 * DAY, 0)],
)
def test_a_metric_is_read_over_the_whole_days_that_its_version_has_served(served: timedelta | None, days: int) -> None:
    since = None if served is None else NOON - served
    window = metric_window(NOON, evaluation_days=30, label_delay_days=0, since=since)
    assert window == (NOON - days * DAY, NOON)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)), st.integers(0, 40))
def test_a_time_of_whole_days_has_as_many_utc_days_each_of_which_ends_in_it(start: datetime, days: int) -> None:
    end = start + timedelta(days=days)
    found = utc_days(start, end)
    assert len(found) == days
    ends = [datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1) for day in found]
    assert all(start < each <= end for each in ends)

"""Training ends before the holdout begins, and both end before labels are missing."""

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.windows import windows_at


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

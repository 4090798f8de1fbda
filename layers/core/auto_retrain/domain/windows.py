"""Which days of data a decision, a training and a comparison use."""

from datetime import UTC, date, datetime, timedelta

from .base import Record

_DAY = timedelta(days=1)


class Window(Record):
    """Whole UTC days, the end day not included."""

    start: date
    end: date

    def __str__(self) -> str:
        return f"{self.start} to {self.end - timedelta(days=1)}"

    def days(self) -> list[date]:
        return [self.start + timedelta(days=offset) for offset in range((self.end - self.start).days)]


class Windows(Record):
    """The two disjoint windows of one retraining; training always ends before the holdout begins."""

    training: Window
    holdout: Window


def windows_at(event_time: datetime, *, evaluation_days: int, training_days: int, label_delay_days: int) -> Windows:
    """The windows for an event: full days before it, shifted back by the label delay."""
    holdout_end = event_time.date() - timedelta(days=label_delay_days)
    holdout_start = holdout_end - timedelta(days=evaluation_days)
    training_start = holdout_start - timedelta(days=training_days)
    return Windows(
        training=Window(start=training_start, end=holdout_start),
        holdout=Window(start=holdout_start, end=holdout_end),
    )


def metric_window(
    at: datetime, *, evaluation_days: int, label_delay_days: int, since: datetime | None = None
) -> tuple[datetime, datetime]:
    """The hours that a metric is read over: whole days before `metric_window_end`, and none before `since`.

    Whole days, so that the models of a fleet, which began to serve at different times, share a few windows. Empty if
    not even one has passed.
    """
    end = metric_window_end(at, label_delay_days)
    days = evaluation_days if since is None else min(evaluation_days, (end - since) // _DAY)
    return end - max(days, 0) * _DAY, end


def utc_days(start: datetime, end: datetime) -> list[date]:
    """The UTC days that end within a time: as many as it has days, if it has whole ones."""
    first, after_last = start.astimezone(UTC).date(), end.astimezone(UTC).date()
    return [first + number * _DAY for number in range((after_last - first).days)]


def metric_window_end(at: datetime, label_delay_days: int) -> datetime:
    """The end of the window for a metric: the full hour after an event, shifted back by the label delay."""
    end = at.replace(minute=0, second=0, microsecond=0)
    if end < at:
        end += timedelta(hours=1)
    return end - timedelta(days=label_delay_days)

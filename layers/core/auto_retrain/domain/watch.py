"""The time after a promotion in which it is provisional, and what people must know when that ends badly."""

from datetime import datetime, timedelta
from typing import Self

from .base import Record, UtcTime

FIRST_REMINDER = timedelta(hours=1)
MAX_REMINDER = timedelta(days=1)
# A champion that was put back less long ago keeps the level that it had before.
TIME_FOR_A_LEVEL = timedelta(days=7)

_DAY = timedelta(days=1)


class Level(Record):
    """How good the previous champion was over its own time, on the metric in production.

    `worst` is the worst that it may really have been. `noise` says how far days differ for no known reason: for counted
    rows, how alike those of a day are, as a correlation; otherwise the standard deviation of a day.
    `read_by` is what it was read by: a level of another metric, or of one that is read in another way, tells nothing.
    """

    value: float
    worst: float
    noise: float
    days: int
    rows: int | None = None
    read_by: str | None = None


class Mixed(Record):
    """A time in which another version than the champion answered requests as well, or may have."""

    since: UtcTime
    until: UtcTime

    def with_days_beside(self) -> Self:
        """What is published once a day may be dated a day before or after the requests that it is about."""
        return self.changed(since=self.since - _DAY, until=self.until + _DAY)


class Watch(Record):
    """A champion is judged until a moment, against the level that its predecessor had; times are those of events.

    The level is that of the predecessor's time from `predecessor_since`; None until it was read. `labelled_level` is
    that of its answers in the prediction log, if labels are judged beside another metric. `mixed` are the times, in
    order, in which others answered beside the champion.
    """

    predecessor: str
    predecessor_since: UtcTime
    since: UtcTime
    until: UtcTime
    level: Level | None = None
    labelled_level: Level | None = None
    mixed: tuple[Mixed, ...] = ()

    def mixed_during(self, since: datetime, until: datetime) -> Self:
        """Others may have answered requests in this time, the latest one."""
        before, last = self.mixed[:-1], self.mixed[-1:]
        # So there are never more of them than days.
        if last and since - last[0].until <= _DAY:
            return self.changed(mixed=(*before, last[0].changed(until=until)))
        return self.changed(mixed=(*self.mixed, Mixed(since=since, until=until)))

    def is_mixed(self, start: datetime, end: datetime) -> bool:
        """Whether a value that is dated in this time may tell of the answers of others."""
        return any(each.since < end and start < each.until for each in map(Mixed.with_days_beside, self.mixed))


class Final(Record):
    """A promotion that is no longer provisional, since when and why."""

    reason: str
    at: UtcTime


class Acknowledgement(Record):
    """Who has said that they know, and why they need no more reminders."""

    actor: str
    reason: str | None
    at: UtcTime


class Alert(Record):
    """A champion that failed in production. People are reminded until somebody acknowledges it.

    `job_id` is the job that trained it, if it was one of ours. It is `settled` once this job says so and its trigger
    backs off. It is `taken_back` unless there was nothing to go back to, or others were at work.
    """

    version: str
    job_id: str | None
    reason: str
    at: UtcTime
    taken_back: bool = True
    settled: bool = False
    told: int = 0
    told_at: UtcTime | None = None
    acknowledged: Acknowledgement | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to be done about it."""
        return self.settled and self.acknowledged is not None

    @property
    def next_reminder(self) -> datetime | None:
        """When people are told next: ever less often, but at least daily, and never given up."""
        if self.acknowledged or self.told_at is None:
            return None
        # Doubling a few dozen times would overflow a timedelta.
        return self.told_at + min(FIRST_REMINDER * (1 << min(self.told - 1, 5)), MAX_REMINDER)

    def is_due(self, at: datetime) -> bool:
        """Whether people are to be told at a moment; a time from the future must not silence it until then."""
        if self.acknowledged:
            return False
        return self.next_reminder is None or self.told_at is None or not self.told_at <= at < self.next_reminder

    def reminded(self, at: datetime) -> Self:
        """People were told once more."""
        return self.changed(told=self.told + 1, told_at=at)

    def acknowledged_by(self, actor: str, reason: str | None, at: datetime) -> Self:
        """Somebody knows; the first one to say so stays."""
        acknowledged = Acknowledgement(actor=actor, reason=reason, at=at)
        return self.changed(acknowledged=self.acknowledged or acknowledged)

"""What a model remembers between executions."""

from collections.abc import Mapping
from datetime import date, timedelta

from pydantic import Field

from .base import Record, UtcTime
from .messages import TriggerRequest
from .names import waiting_key
from .trigger_type import TriggerType

REMEMBERED = timedelta(days=31)
MAX_ATTEMPTS = 200


class Quarantine(Record):
    """Broken data, because of which a model is not retrained until they are repaired or a person says so."""

    since: UtcTime
    reason: str


class ModelState(Record):
    """What is going on with a model: the lease of the job that owns it, and when things last happened.

    The expiry is wall-clock time, all other times are event times. `attempts` are the jobs opened of late, the oldest
    first; breaches are the days on which a trigger that needs several of them was met; `rejected_in_a_row` counts
    challengers that a performance or drift trigger called for and that were not deployed.
    """

    model_name: str
    active_job: str | None = None
    lease_expires_at: UtcTime | None = None
    fence: int = 0
    attempts: tuple[UtcTime, ...] = ()
    last_retrained_at: UtcTime | None = None
    last_drift_check_at: UtcTime | None = None
    breaches: Mapping[TriggerType, tuple[date, ...]] = Field(default_factory=dict)
    rejected_in_a_row: int = 0
    quarantine: Quarantine | None = None

    @property
    def last_attempt_at(self) -> UtcTime | None:
        return max(self.attempts, default=None)

    def breach_days(self, trigger: TriggerType) -> tuple[date, ...]:
        """The days on which a trigger was met of late."""
        return self.breaches.get(trigger, ())

    def owner_at(self, now: UtcTime) -> str | None:
        """Id of the job that owns the model now, if any."""
        held = self.active_job and self.lease_expires_at and now < self.lease_expires_at
        return self.active_job if held else None


def with_attempt(attempts: tuple[UtcTime, ...], at: UtcTime) -> tuple[UtcTime, ...]:
    """Attempts with one more; those that no cap counts any more are forgotten."""
    newest = max((at, *attempts))
    kept = sorted(attempt for attempt in (*attempts, at) if attempt > newest - REMEMBERED)
    return tuple(kept[-MAX_ATTEMPTS:])


def with_breach(breaches: tuple[date, ...], day: date) -> tuple[date, ...]:
    """Breach days with one more; those that no window can hold any more are forgotten."""
    newest = max((day, *breaches))
    return tuple(sorted({breach for breach in (*breaches, day) if breach > newest - REMEMBERED}))


def breaches_within(breaches: tuple[date, ...], day: date, window_days: int) -> int:
    """How many breach days lie in the window that ends with a day."""
    return sum(day - timedelta(days=window_days) < breach <= day for breach in breaches)


def later(moment: UtcTime, remembered: UtcTime | None) -> UtcTime:
    """Which of both a model remembers: an old event, replayed, does not move it back."""
    return max(moment, remembered or moment)


class WaitingTrigger(Record):
    """A trigger that found its model busy; it is judged again when the job that owns the model has ended.

    Automatic triggers of one kind are one, the newest; each manual request waits for itself.
    """

    request: TriggerRequest
    execution_arn: str

    @property
    def key(self) -> str:
        return waiting_key(self.request.trigger_type.value, self.execution_arn)

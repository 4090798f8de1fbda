"""The state of a model between executions."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta

from pydantic import Field

from .base import Record, UtcTime
from .cost import RecentCost
from .decision_record import HeldBy
from .drill import Drill
from .ending import Ending
from .trigger_type import TriggerType

REMEMBERED = timedelta(days=31)
MAX_ATTEMPTS = 200
MAX_REJECTED_JOBS = 12
# Some for each kind of retraining that a model gets.
MAX_RECENT_COSTS = 20


class Quarantine(Record):
    """Broken data: the model is not retrained until they are repaired or a person lifts the quarantine."""

    since: UtcTime
    reason: str


class Serving(Record):
    """The version in production, and when it began to serve, in the time of events."""

    version: str
    since: UtcTime


class LastJob(Record):
    """The newest job of a model, how it ended, and the version that it promoted."""

    job_id: str
    created_at: UtcTime
    ending: Ending | None = None
    promoted: str | None = None


class LastRequest(Record):
    """The newest request of a person that opened no job; `key` is the name of the decision on it.

    In the state of an earlier release it is a key of that decision which people do not know.
    """

    key: str
    at: UtcTime
    held_by: HeldBy | None


class BudgetNotice(Record):
    """The month in which people were last told that a budget holds a model, and whether they were told of its end."""

    month: str
    is_over: bool = False


class RejectedJob(Record):
    """A job whose challenger was not deployed, or not even trained because a proxy refused, and when its event was."""

    job_id: str
    at: UtcTime
    trained: bool = True


class Rejections(Record):
    """Challengers in a row that one kind of trigger called for but that were not promoted; the last jobs, oldest first.

    `refused` of the `count` were not even trained. An earlier release kept no jobs.
    """

    count: int
    refused: int = 0
    jobs: tuple[RejectedJob, ...] = ()

    def with_job(self, job: RejectedJob) -> "Rejections":
        jobs = (*self.jobs, job)[-MAX_REJECTED_JOBS:]
        return Rejections(count=self.count + 1, refused=self.refused + (not job.trained), jobs=jobs)

    @property
    def challengers(self) -> int:
        """Those that were trained."""
        return self.count - self.refused

    def with_failed(self, job: RejectedJob, in_a_row: int) -> "Rejections":
        """With a job whose version failed after its promotion, which had forgotten the failures before."""
        if any(each.job_id == job.job_id for each in self.jobs):
            return self
        after = self.with_job(job)
        return after.changed(count=max(after.count, in_a_row))


class ModelState(Record):
    """The lease of the job that owns a model, and when things last happened to it.

    The lease expires in wall-clock time; all other times are event times. `attempts` are the times of recent jobs,
    oldest first; `untrained` are those of them that ended without a trained version, as far as that was recorded.
    `breaches` are the days on which a trigger that needs several was met. `rejections` since the last deployment are
    kept by the trigger that called for the challengers. `moved_alias` identifies the difference between alias and
    ledger that people were notified of. `deployed` is the version that was deployed last; states from before this was
    recorded have none until the next deployment. `drill` is the last drill of its rollback. A state from before that
    was recorded has no `last_job` until the next one. `spent` are US dollars by month of UTC, this one and the one
    before, of the jobs that ended in it, by the prices of that time; `costs` are those of recent jobs that went all the
    way, oldest first. `budget_notice` is what people were last told of a budget that holds it.
    """

    model_name: str
    active_job: str | None = None
    lease_expires_at: UtcTime | None = None
    fence: int = 0
    attempts: tuple[UtcTime, ...] = ()
    untrained: tuple[UtcTime, ...] = ()
    last_retrained_at: UtcTime | None = None
    last_drift_check_at: UtcTime | None = None
    breaches: Mapping[TriggerType, tuple[date, ...]] = Field(default_factory=dict)
    rejections: Mapping[TriggerType, Rejections] = Field(default_factory=dict)
    quarantine: Quarantine | None = None
    moved_alias: str | None = None
    deployed: Serving | None = None
    drill: Drill | None = None
    last_job: LastJob | None = None
    last_request: LastRequest | None = None
    budget_notice: BudgetNotice | None = None
    spent: Mapping[str, float] = Field(default_factory=dict)
    costs: tuple[RecentCost, ...] = ()

    def spent_in(self, moment: UtcTime) -> float:
        """US dollars that the retrainings cost that ended in the month of a moment, as far as is known."""
        return self.spent.get(month_of(moment), 0.0) if self.spent else 0.0

    @property
    def serving(self) -> Serving | None:
        """The version in production; None if unknown, as when somebody else has moved the alias."""
        return None if self.moved_alias else self.deployed

    @property
    def last_attempt_at(self) -> UtcTime | None:
        return max(self.attempts, default=None)

    def attempts_against(self, trigger: TriggerType) -> tuple[UtcTime, ...]:
        """The attempts that hold back a trigger, oldest first.

        A person may try again as soon as an attempt came to nothing, because somebody has looked at it. The automatic
        triggers may not: they would repeat the same failure with every sweep.
        """
        if trigger is not TriggerType.MANUAL:
            return self.attempts
        return tuple(sorted((Counter(self.attempts) - Counter(self.untrained)).elements()))

    def untrained_with(self, at: UtcTime) -> tuple[UtcTime, ...]:
        """The attempts that trained nothing, with that of a time; those that are no longer remembered are dropped."""
        return tuple(sorted((Counter((*self.untrained, at)) & Counter(self.attempts)).elements()))

    @property
    def rejected_in_a_row(self) -> int:
        """How many trained challengers were rejected since the last deployment, whichever trigger called for them."""
        return sum(each.challengers for each in self.rejections.values())

    def rejections_with(self, trigger: TriggerType, job: RejectedJob) -> Mapping[TriggerType, Rejections]:
        """The rejections with one more, which a trigger called for."""
        return {**self.rejections, trigger: self.rejections.get(trigger, Rejections(count=0)).with_job(job)}

    def rejections_with_failed(
        self, trigger: TriggerType, job: RejectedJob, in_a_row: int
    ) -> Mapping[TriggerType, Rejections]:
        """The rejections with a job whose version failed after its promotion, which a trigger called for."""
        before = self.rejections.get(trigger, Rejections(count=0))
        return {**self.rejections, trigger: before.with_failed(job, in_a_row)}

    def breach_days(self, trigger: TriggerType) -> tuple[date, ...]:
        """The recent days on which a trigger was met."""
        return self.breaches.get(trigger, ())

    def owner_at(self, now: UtcTime) -> str | None:
        """Id of the job that owns the model at a time, if any."""
        held = self.active_job and self.lease_expires_at and now < self.lease_expires_at
        return self.active_job if held else None


def month_of(moment: UtcTime) -> str:
    """The month of UTC that a moment is in, such as 2026-03."""
    return f"{moment:%Y-%m}"


def with_cost(costs: tuple[RecentCost, ...], cost: RecentCost) -> tuple[RecentCost, ...]:
    """Costs with one added; the oldest are dropped."""
    return (*costs, cost)[-MAX_RECENT_COSTS:]


def with_spent(spent: Mapping[str, float], month: str, usd: float) -> Mapping[str, float]:
    """Sums by month with an amount added; months before the last two are dropped."""
    after = {**spent, month: round(spent.get(month, 0.0) + usd, 6)}
    return {name: after[name] for name in sorted(after)[-2:]}


def with_attempt(attempts: tuple[UtcTime, ...], at: UtcTime) -> tuple[UtcTime, ...]:
    """Attempts with one added; those too old for any cap are dropped."""
    newest = max((at, *attempts))
    kept = sorted(attempt for attempt in (*attempts, at) if attempt > newest - REMEMBERED)
    return tuple(kept[-MAX_ATTEMPTS:])


def with_breach(breaches: tuple[date, ...], day: date) -> tuple[date, ...]:
    """Breach days with one added; those too old for any window are dropped."""
    newest = max((day, *breaches))
    return tuple(sorted({breach for breach in (*breaches, day) if breach > newest - REMEMBERED}))


def breaches_within(breaches: tuple[date, ...], day: date, window_days: int) -> int:
    """The number of breach days in the window that ends on a day."""
    return sum(day - timedelta(days=window_days) < breach <= day for breach in breaches)


def later(moment: UtcTime, remembered: UtcTime | None) -> UtcTime:
    """The later of two moments, so that replaying an old event never moves a time back."""
    return max(moment, remembered or moment)

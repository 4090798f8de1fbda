"""Summarises what retraining did to the fleet in some days, and what waits for a person now."""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import timedelta

from pydantic import Field

from ...domain.base import Record, UtcTime
from ...domain.ending import Ending
from ...domain.fleet_overview import Concern
from ...domain.job import RetrainingJob
from ...domain.notification import Notification
from ...ports import Ports
from ..reporting.fleet_page import overview
from .spending import Ended, Spending, spending_on

# A job that ended lately began at most so long before: rollouts may take three weeks, and may be paused.
MAX_JOB_TIME = timedelta(days=45)


class FleetSummary(Record):
    """What changed what serves, how jobs ended, and what waits for a person or for money; a line for each.

    `failed` has a line for each model with jobs that failed, about the newest of them, unless `waiting` has that one.
    """

    since: UtcTime
    until: UtcTime
    endings: dict[str, int]
    running: int
    changes: tuple[str, ...]
    failed: tuple[str, ...] = ()
    waiting: tuple[str, ...]
    held: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    spending: Spending = Field(default_factory=Spending)

    @property
    def text(self) -> str:
        ended = sum(self.endings.values())
        counts = ", ".join(f"{count} {ending.replace('_', ' ')}" for ending, count in self.endings.items())
        useless = sum(count for ending, count in self.endings.items() if not Ending(ending).changed_something)
        what = f"{ended} retrainings ended ({counts}), of which {useless} changed nothing" if ended else "none ended"
        days = f"{self.since:%F} to {self.until:%F}"
        return f"Retrainings from {days}: {what}{self.spending.text}; {self.running} are running"

    @property
    def lines(self) -> tuple[str, ...]:
        waiting = [f"Waits for a person: {line}" for line in self.waiting]
        problems = [f"Cannot be read: {line}" for line in self.unreadable]
        held = [f"Held by its budget: {line}" for line in self.held]
        failed = [f"Failed: {line}" for line in self.failed]
        return (
            *(waiting or ["Nothing waits for a person"]),
            *problems,
            *failed,
            *held,
            *self.spending.lines,
            *self.changes,
        )

    def as_notification(self, page: str | None) -> Notification:
        return Notification(
            event_id=f"digest-{self.until:%F}",
            topic="digest",
            severity="normal",
            title=f"Digest of {(self.until - self.since).days} days",
            text=self.text,
            at=self.until,
            lines=self.lines,
            page=page,
        )


def summarize_fleet(days: int, ports: Ports) -> FleetSummary:
    """Read the jobs that ended in the last days, and everything that waits for a person."""
    until = ports.clock.now()
    since = until - timedelta(days=days)
    jobs = (job for job in ports.jobs.list_since(since - MAX_JOB_TIME) if job.completed_at and job.completed_at > since)
    ended, changes, failures = _ended(jobs)
    fleet = overview(ports)
    waiting = {row.last_job for row in fleet.rows if row.job_outcome == Ending.FAILED.value}
    return FleetSummary(
        since=since,
        until=until,
        endings=dict(sorted(Counter(job.ending.value for job in ended).items())),
        running=len(ports.jobs.list_active()),
        changes=tuple(changes),
        failed=tuple(_failed(failures, waiting)),
        waiting=tuple(map(_line, fleet.concerns)),
        held=tuple(f"{row.model}: {row.held}" for row in fleet.rows if row.held),
        unreadable=tuple(fleet.unreadable),
        spending=spending_on(ended),
    )


def _ended(jobs: Iterable[RetrainingJob]) -> tuple[list[Ended], list[str], Mapping[str, list[RetrainingJob]]]:
    ended, changes, failures = list[Ended](), list[str](), defaultdict[str, list[RetrainingJob]](list)
    for job in jobs:
        ending = job.ending or Ending.FAILED
        ended.append(Ended(job.model_name, ending, job.cost.total if job.cost else None))
        if ending.changed_something:
            reason = f" ({job.validation.reason})" if job.validation and ending is Ending.PROMOTED else ""
            changes.append(f"{job.summary()}{reason}")
        if ending is Ending.FAILED:
            failures[job.model_name].append(job)
    return ended, changes, failures


def _failed(failures: Mapping[str, list[RetrainingJob]], waiting: Container[str | None]) -> Iterator[str]:
    """A line for each model, whose failed jobs are given newest first; one that waits for a person is named there."""
    for model, jobs in failures.items():
        newest, *others = jobs
        if newest.job_id not in waiting:
            yield f"{model}: {newest.job_id}: {newest.error}{f' ({len(jobs)} failed)' if others else ''}"
        elif others:
            yield f"{model}: {len(jobs)} failed, the newest of which waits for a person"


def _line(concern: Concern) -> str:
    return f"{concern.model}: {concern.reason} ('{concern.command}', {concern.owner})"

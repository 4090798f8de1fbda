"""The deployment ledger: which version went into production when, what it replaced, and why."""

from .base import Record, UtcTime
from .errors import ChampionConflict
from .job import RetrainingJob
from .model_state import Serving
from .model_version import ModelVersion
from .windows import Windows


class LedgerLine(Record):
    """One promotion of one model; lines are numbered and never changed."""

    model_name: str
    sequence: int
    version: ModelVersion
    previous_version: str | None
    job_id: str
    reason: str
    deployed_at: UtcTime
    windows: Windows


def serving_after(line: LedgerLine, job: RetrainingJob) -> Serving:
    """What serves once a job has written a line.

    The job took as long in the time of its event as by the clock: a year that is replayed today stays in that year.
    """
    return Serving(version=line.version.number, since=job.event_time + (line.deployed_at - job.created_at))


def taken(line: LedgerLine) -> ChampionConflict:
    """The error that somebody else has written the line with this number."""
    return ChampionConflict(f"deployment {line.sequence} of '{line.model_name}' was written by someone else")

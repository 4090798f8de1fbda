"""The deployment ledger: which version went into production when, what it replaced, and why."""

from .base import Record, UtcTime
from .errors import ChampionConflict
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


def taken(line: LedgerLine) -> ChampionConflict:
    """The error that somebody else has written the line with this number."""
    return ChampionConflict(f"deployment {line.sequence} of '{line.model_name}' was written by someone else")

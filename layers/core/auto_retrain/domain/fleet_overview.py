"""The fleet at a glance: how each model is, and which of them need a person."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Health(StrEnum):
    """How a model is; the order is that of the page. Without recent evidence it is unknown, never healthy."""

    DEGRADING = "degrading"
    IN_ROLLOUT = "in rollout"
    UNKNOWN = "unknown"
    HEALTHY = "healthy"


class FleetRow(NamedTuple):
    """One model; what is not known is None, and `notes` are what holds it or keeps it busy, in words.

    `decision` names the last job, or the last request if that came later and opened none; `page` is its path, `outcome`
    what came of it. `last_job` and `job_outcome` are about the last job, whatever was requested since. `spent`
    are US dollars in this month, 0 if no retraining has ended in it; `held` says why its budget holds the next one.
    """

    model: str
    owner: str
    health: Health
    why: str
    champion: str | None
    since: datetime | None
    decision: str | None
    page: str | None
    outcome: str | None
    next_due: datetime | None
    spent: float
    notes: tuple[str, ...]
    held: str | None = None
    last_job: str | None = None
    job_outcome: str | None = None


class Concern(NamedTuple):
    """Why a model needs a person, and the command to begin with."""

    model: str
    owner: str
    reason: str
    command: str


class FleetOverview(NamedTuple):
    """All models by name, what needs people, the most urgent first, and what could not be read."""

    at: datetime
    rows: list[FleetRow]
    concerns: list[Concern]
    unreadable: list[str]

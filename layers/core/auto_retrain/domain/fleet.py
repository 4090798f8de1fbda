"""What concerns all models together."""

from pydantic import Field

from .base import Record, UtcTime


class FleetLimits(Record):
    """How much a deployment may do at once, and in 30 days."""

    concurrent_jobs: int = Field(default=100, ge=1)
    monthly_retrainings: int = Field(default=10_000, ge=1)


class FleetUsage(Record):
    """What counts against the limits: leases that are held, and jobs opened in 30 days."""

    active_jobs: int
    retrained_in_30_days: int


class SweepMark(Record):
    """How far the last sweep came: the next one looks at what became due since `at`; usage includes what it started."""

    at: UtcTime
    models: int
    usage: FleetUsage

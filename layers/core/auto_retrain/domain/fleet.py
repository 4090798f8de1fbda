"""The fleet: all models together."""

from pydantic import Field

from .base import Record, UtcTime


class FleetLimits(Record):
    """How many retrainings a deployment allows at once, and in 30 days."""

    concurrent_jobs: int = Field(default=100, ge=1)
    monthly_retrainings: int = Field(default=10_000, ge=1)


class FleetUsage(Record):
    """What counts against the limits: held leases, and jobs opened in 30 days."""

    active_jobs: int
    retrained_in_30_days: int


class SweepMark(Record):
    """How far the last sweep got: the next one checks what is due after `at`. Usage includes what the sweep started."""

    at: UtcTime
    models: int
    usage: FleetUsage

"""The fleet: all models together."""

from pydantic import Field

from .base import Record, UtcTime


class FleetLimits(Record):
    """How many retrainings a deployment allows at once and in 30 days, and what those of a calendar month may cost."""

    concurrent_jobs: int = Field(default=100, ge=1)
    monthly_retrainings: int = Field(default=10_000, ge=1)
    budget_month_usd: float | None = Field(default=None, gt=0)


class FleetMoney(Record):
    """US dollars: what the retrainings that ended in a month cost, and what those that have not ended will cost."""

    month: str
    spent: float = 0.0
    reserved: float = 0.0

    def used_in(self, month: str) -> float:
        """What counts against the budget of a month; what has not ended counts for the month in which it will end."""
        return (self.spent if month == self.month else 0.0) + self.reserved

    def plus(self, other: "FleetMoney") -> "FleetMoney":
        """That of two parts of the fleet in the same month."""
        return FleetMoney(month=self.month, spent=self.spent + other.spent, reserved=self.reserved + other.reserved)

    def reserving(self, usd: float) -> "FleetMoney":
        """With another retraining that has not ended."""
        return FleetMoney(month=self.month, spent=self.spent, reserved=self.reserved + usd)


class FleetUsage(Record):
    """What counts against the limits: held leases, jobs opened in 30 days, and their money if there is a budget."""

    active_jobs: int
    retrained_in_30_days: int
    money: FleetMoney | None = None


class SweepMark(Record):
    """How far the last sweep got: the next one checks what is due after `at`. Usage includes what the sweep started."""

    at: UtcTime
    models: int
    usage: FleetUsage

"""What a retraining cost, and what one is expected to cost, in US dollars."""

from datetime import date

from .base import Record


class Cost(Record):
    """What one retraining cost, by kind; `stored` is a month of what it left.

    `at_most` says that the pods are an upper bound, and `unmeasured` that it has steps of which nothing is known.
    """

    pods: float
    functions: float
    transitions: float
    stored: float
    at_most: bool
    unmeasured: bool

    @property
    def total(self) -> float:
        return self.pods + self.functions + self.transitions + self.stored


class PricedCost(Cost):
    """A cost as it was worked out when the retraining ended; `problem` says why one's own prices were not used."""

    prices_as_of: date
    problem: str | None = None


class RecentCost(Record):
    """What one of the last retrainings cost that went all the way, and what its pods were like."""

    like: str
    usd: float


class Forecast(Record):
    """What a retraining is expected to cost: the median of the last `jobs` like it, None if there was none.

    `at_most` is what it costs if its pods run until they are stopped.
    """

    usd: float | None
    jobs: int
    at_most: float

    @property
    def text(self) -> str:
        if self.usd is None:
            return f"forecast unknown, because it is the first of its kind; at most {dollars(self.at_most)}"
        return f"forecast {dollars(self.usd)}, like the last {self.jobs if self.jobs > 1 else 'one'}"


def costing(cost: PricedCost, forecast: Forecast | None) -> str:
    """What a retraining cost, beside what had been expected, for people."""
    bound = "at least " if cost.unmeasured else "at most " if cost.at_most else ""
    before = f", forecast {dollars(forecast.usd)}" if forecast and forecast.usd is not None else ""
    return f"cost {bound}{dollars(cost.total)}{before}"


def dollars(usd: float) -> str:
    """An amount for people; small ones keep two digits that say something."""
    if usd and abs(usd) < 0.1:
        return f"${usd:.2g}" if abs(usd) >= 0.0001 else "less than $0.0001"
    return f"${usd:,.2f}"

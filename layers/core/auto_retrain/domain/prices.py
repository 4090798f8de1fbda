"""Lists of prices, which are given and never fetched."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationError

from .base import Record, StrictRecord
from .explain import explain
from .policy.training import Capacity
from .usage import PodUse

LIST_PRICES = Path(__file__).with_name("prices.json")

Unit = Literal["GB-second", "request", "state transition", "vCPU-hour", "GiB-hour", "GPU-hour", "GB-month"]


class Price(StrictRecord):
    """US dollars for one unit, and where that comes from."""

    usd: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    unit: Unit
    source: str = Field(min_length=1)


def _per(unit: Unit) -> AfterValidator:
    """Refuses a price for another unit: multiplied by the wrong quantity it would only look like money."""

    def check(price: Price) -> Price:
        if price.unit != unit:
            raise ValueError(f"unit = '{price.unit}': must be '{unit}'")
        return price

    return AfterValidator(check)


class PodPrices(StrictRecord):
    """What an hour of a pod's share of a node costs."""

    cpu: Annotated[Price, _per("vCPU-hour")]
    memory: Annotated[Price, _per("GiB-hour")]
    gpu: Annotated[Price, _per("GPU-hour")]

    def cost_of(self, use: PodUse) -> float:
        return use.cpu_hours * self.cpu.usd + use.gib_hours * self.memory.usd + use.gpu_hours * self.gpu.usd


class Prices(StrictRecord):
    """A list of prices, as of a date and for a region."""

    as_of: date
    region: str
    lambda_memory: Annotated[Price, _per("GB-second")]
    lambda_request: Annotated[Price, _per("request")]
    state_transition: Annotated[Price, _per("state transition")]
    storage: Annotated[Price, _per("GB-month")]
    on_demand: PodPrices
    spot: PodPrices

    def of_pods(self, capacity: Capacity) -> PodPrices:
        """Pods that may run on either kind of node are priced as on demand: nobody looked at their node."""
        return self.spot if capacity is Capacity.SPOT else self.on_demand


class PriceList(Record):
    """The prices that count now; `problem` says why they are those of this release instead of one's own."""

    prices: Prices
    problem: str | None = None


@cache
def list_prices() -> Prices:
    """The list prices that come with this release."""
    return read_prices(LIST_PRICES.read_bytes())


def read_prices(document: bytes | str) -> Prices:
    """The prices in a JSON document; raises ValueError naming what is wrong with it."""
    try:
        return Prices.model_validate_json(document)
    except ValidationError as error:
        raise ValueError(explain(error, Prices)) from error

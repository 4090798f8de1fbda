"""What a retraining cost: its usage times a list of prices. Prices are given, never fetched."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from .base import Record, StrictRecord
from .job import RetrainingJob
from .policy.training import Capacity
from .trigger_type import TriggerType
from .usage import PodUse, Usage

_GB = 1e9
_PROMOTED = ("promoted", "rolled_back")

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


class Receipt(Record):
    """What one retraining cost in US dollars, by kind; `stored` is a month of what it left.

    `at_most` says that the pods are an upper bound, and `unmeasured` that it has steps of which nothing is known.
    """

    job_id: str
    model_name: str
    created_at: datetime
    outcome: str
    changed_something: bool
    pods: float
    functions: float
    transitions: float
    stored: float
    at_most: bool
    unmeasured: bool

    @property
    def total(self) -> float:
        return self.pods + self.functions + self.transitions + self.stored


def receipt_of(job: RetrainingJob, prices: Prices) -> Receipt:
    """The receipt of a job, so far or for good."""
    outcome = (job.ending or job.status).value
    return Receipt(
        job_id=job.job_id,
        model_name=job.model_name,
        created_at=job.created_at,
        outcome=outcome,
        changed_something=outcome in _PROMOTED,
        pods=sum(_cost_of_pods(use, prices) for use in job.usage.pods.values()),
        functions=_cost_of_functions(job.usage, prices),
        transitions=transitions_of(job) * prices.state_transition.usd,
        stored=_stored_bytes(job) / _GB * prices.storage.usd,
        at_most=any(use.at_most for use in job.usage.pods.values()),
        unmeasured=bool(set(job.outputs) - set(job.usage.pods)) or any(_is_open(job.usage)),
    )


def transitions_of(job: RetrainingJob) -> int:
    """State transitions of an execution that went this far and was closed; a rollout of several steps makes more.

    The start counts as one, as in the price list. Retries and further steps of a rollout are not in the record.
    """
    count = 1 + 2  # the start; CheckTriggers, ChooseStart
    count += 2 * (job.trigger_type is TriggerType.DATA_DRIFT)  # DetectDrift, ChooseStart
    count += 2  # CheckData, ChooseTraining
    count += len(job.outputs)  # StartTraining, StartScoring
    count += 2 * (job.validation is not None)  # ValidateModel, ChooseDeployment
    count += 2 * (job.pending_review is not None)  # AwaitReview, ChooseReviewed
    count += 3 * job.deployed  # DeployModel, ChooseRollout, ProfileData
    return count + 3  # CloseJob, ChooseEnding, Closed


def _cost_of_pods(use: PodUse, prices: Prices) -> float:
    price = prices.of_pods(use.capacity)
    return use.cpu_hours * price.cpu.usd + use.gib_hours * price.memory.usd + use.gpu_hours * price.gpu.usd


def _cost_of_functions(usage: Usage, prices: Prices) -> float:
    return sum(
        use.gb_seconds * prices.lambda_memory.usd + use.calls * prices.lambda_request.usd
        for use in usage.functions.values()
    )


def _stored_bytes(job: RetrainingJob) -> int:
    """A version that is promoted is copied beside its registry."""
    kept = sum(use.stored_bytes for use in job.usage.pods.values())
    trained = job.usage.pods.get("train")
    return kept + (trained.stored_bytes if trained and job.deployed else 0)


def _is_open(usage: Usage) -> list[bool]:
    return [use.seconds is None for use in usage.pods.values()]

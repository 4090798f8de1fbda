"""What a retraining cost: its usage times a list of prices. Prices are given, never fetched."""

from datetime import datetime

from .cost import Cost, PricedCost
from .job import RetrainingJob
from .prices import PriceList, Prices
from .status import RetrainingStatus
from .trigger_type import TriggerType
from .usage import Usage

_GB = 1e9


class Receipt(Cost):
    """What one retraining cost, and what had been expected before, if anything was."""

    job_id: str
    model_name: str
    created_at: datetime
    outcome: str
    changed_something: bool
    forecast: float | None


def receipt_of(job: RetrainingJob, prices: Prices) -> Receipt:
    """The receipt of a job, so far or for good."""
    return Receipt(
        **dict(cost_of(job, prices)),
        job_id=job.job_id,
        model_name=job.model_name,
        created_at=job.created_at,
        outcome=(job.ending or job.status).value,
        changed_something=job.ending.changed_something if job.ending else job.status is RetrainingStatus.ROLLED_BACK,
        forecast=job.forecast.usd if job.forecast else None,
    )


def priced(job: RetrainingJob, price_list: PriceList) -> PricedCost:
    """What a job that ends now cost, by the prices that count now."""
    prices = price_list.prices
    return PricedCost(**dict(cost_of(job, prices)), prices_as_of=prices.as_of, problem=price_list.problem)


def cost_of(job: RetrainingJob, prices: Prices) -> Cost:
    """What the usage of a job costs, so far or for good."""
    return Cost(
        pods=sum(prices.of_pods(use.capacity).cost_of(use) for use in job.usage.pods.values()),
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
    count += len(job.outputs)  # StartExamination, StartProxy, StartTraining, StartScoring
    count += 2 * ("check" in job.outputs)  # CheckData and ChooseTraining once more
    count += 2 * (job.proxy is not None)  # JudgeProxy, ChooseProxied
    count += 2 * (job.validation is not None)  # ValidateModel, ChooseDeployment
    count += 2 * (job.pending_review is not None)  # AwaitReview, ChooseReviewed
    count += 3 * job.deployed  # DeployModel, ChooseRollout, ProfileData
    return count + 3  # CloseJob, ChooseEnding, Closed


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

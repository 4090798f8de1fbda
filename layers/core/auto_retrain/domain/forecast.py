"""What the next retraining of a model will cost, from what the last ones like it cost."""

from collections.abc import Sequence
from math import ceil

from .cost import Forecast, RecentCost
from .job import RetrainingJob
from .policy.policy import Policy
from .policy.training import MAX_DEADLINE_MINUTES, TrainingPolicy
from .prices import Prices
from .usage import PodUse, Usage

# Of the costs that a model's state keeps, so many make a forecast.
JOBS = 5


def forecast_of(costs: Sequence[RecentCost], policy: Policy, variants: int, prices: Prices) -> Forecast:
    """The median of the newest costs of retrainings with as many variants, parts of the data and the same pods.

    `costs` are oldest first, and `variants` is 0 for a single training.
    """
    newest = _newest(costs, policy, variants)
    return Forecast(
        usd=_expected(newest),
        jobs=len(newest),
        at_most=round(_at_most(policy, variants, prices), 6),
    )


def expected_usd(costs: Sequence[RecentCost], policy: Policy, variants: int = 0) -> float | None:
    """The same median, which needs no prices; None if no retraining was like it."""
    return _expected(_newest(costs, policy, variants))


def kind_of(policy: Policy, variants: int = 0) -> str:
    """What a retraining would be comparable with."""
    training, parts = policy.training, policy.data.parts
    return like_of(Usage().ordering("train", training, _pods(training, variants), parts).pods["train"])


def _pods(training: TrainingPolicy, variants: int) -> int:
    """A pod for each variant, or all that train one model together."""
    return variants or training.workers


def recent_cost(job: RetrainingJob) -> RecentCost | None:
    """What a job that has ended teaches about the next one; nothing if it broke off, or if a step is unmeasured."""
    training, cost = job.usage.pods.get("train"), job.cost
    if job.ending is None or not job.ending.is_retraining or training is None or cost is None or cost.unmeasured:
        return None
    return RecentCost(like=like_of(training), usd=round(cost.total, 6))


def like_of(training: PodUse) -> str:
    """What makes retrainings comparable: number and size of the pods that train, their nodes, and parts of the data."""
    pods = f"{training.pods} x {training.cpu:g} CPU, {training.gib:g} GiB, {training.gpus} GPU, {training.capacity}"
    return pods if training.data_parts == 1 else f"{pods}, {training.data_parts} parts"


def _newest(costs: Sequence[RecentCost], policy: Policy, variants: int) -> list[float]:
    if not costs:  # as of most models of a young fleet
        return []
    like = kind_of(policy, variants)
    return sorted([cost.usd for cost in costs if cost.like == like][-JOBS:])


def _expected(ordered: list[float]) -> float | None:
    """The median; the standard library's takes longer to import than a sweep has reason to."""
    if not ordered:
        return None
    return round((ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2, 6)


def _at_most(policy: Policy, variants: int, prices: Prices) -> float:
    """All pods until their Kubernetes Jobs are stopped: of a proxy one, of examining and scoring one for each part."""
    training, parts = policy.training, policy.data.parts
    pods = _pods(training, variants)
    minutes = _minutes(training, pods, pods if training.workers > 1 else min(pods, training.pods_at_once))
    # Data in parts are examined by as many pods before.
    minutes += _minutes(training, parts, min(parts, training.pods_at_once)) * (2 if parts > 1 else 1)
    of_proxy = 0.0
    if training.proxy and not variants:
        proxy = training.of_proxy
        of_proxy = _cost(proxy, proxy.deadline_minutes, prices)
    return of_proxy + _cost(training, minutes, prices)


def _minutes(training: TrainingPolicy, pods: int, at_once: int) -> int:
    """What all pods of a Kubernetes Job run together until it is stopped."""
    return at_once * min(training.deadline_minutes * ceil(pods / at_once), MAX_DEADLINE_MINUTES)


def _cost(training: TrainingPolicy, minutes: int, prices: Prices) -> float:
    """What so many minutes of one pod cost."""
    usage = Usage().ordering("train", training, 1).pods["train"]
    return prices.of_pods(training.capacity).cost_of(usage.changed(seconds=60.0 * minutes))

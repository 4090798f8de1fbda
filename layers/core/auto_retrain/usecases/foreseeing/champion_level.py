"""How good the champion is now: in production if that is measured, else in its newest comparison."""

from collections.abc import Sequence
from typing import NamedTuple

from ...domain.job import RetrainingJob
from ...domain.policy.policy import Policy
from ...domain.verdict import Outcome, Verdict
from ...triggers.performance_degradation import CHECK as PERFORMANCE
from .past_comparisons import Measured, PastComparison


class ChampionLevel(NamedTuple):
    """The champion's primary metric, now and when it was promoted, if that is known.

    `in_production` says that the value is from the job's own trigger, so it is of today.
    """

    now: float
    source: str
    in_production: bool
    newest: Measured
    at_promotion: float | None


def champion_level(
    job: RetrainingJob, policy: Policy, version: str, comparisons: Sequence[PastComparison]
) -> ChampionLevel | None:
    """None if nothing tells how good the champion is, or only that it got worse by another metric."""
    newest = next((side for each in comparisons if (side := each.of(version))), None)
    if newest is None:
        return None
    promoted = (each.metric.value for each in comparisons if each.result.inputs.challenger_version == version)
    at_promotion = next(promoted, None)
    verdict = performance_verdict(job)
    if verdict is None or not watches_primary(policy):
        is_worse = verdict is not None and verdict.met
        source = f"in the comparison of {newest.at:%F}"
        return None if is_worse else ChampionLevel(newest.value, source, False, newest, at_promotion)
    assert verdict.value is not None
    return ChampionLevel(verdict.value, "in production", True, newest, at_promotion)


def performance_verdict(job: RetrainingJob) -> Verdict | None:
    """The job's verdict on the metric in production, if that could be judged."""
    judged = (Outcome.MET, Outcome.UNMET)
    verdicts = (
        verdict for verdict in job.trigger_verdicts if verdict.check == PERFORMANCE and verdict.value is not None
    )
    return next((verdict for verdict in verdicts if verdict.outcome in judged), None)


def watches_primary(policy: Policy) -> bool:
    """Whether the metric in production is the one by which versions are compared."""
    primary, direction = policy.primary_metric, policy.triggers.performance_metric_direction
    is_same = policy.metric.name == primary or (policy.metric.counts_rows and primary == "accuracy")
    return is_same and policy.kind_of(primary).higher_is_better == (direction == "higher_is_better")


def is_known_healthy(job: RetrainingJob, policy: Policy) -> bool:
    """Whether the metric in production is on the good side of its threshold, and not below the floor of accuracy."""
    verdict = performance_verdict(job)
    if verdict is None or verdict.value is None or verdict.met:
        return False
    is_accuracy = policy.primary_metric == "accuracy" and watches_primary(policy)
    return not is_accuracy or verdict.value >= policy.validation.accuracy_floor

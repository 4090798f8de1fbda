"""What is known of a job's champion before it is measured again."""

from collections.abc import Iterator
from datetime import timedelta

from ...comparison.rounding import rounded_interval
from ...domain.comparison import KnownQuality, MetricResult
from ...domain.job import RetrainingJob
from ...domain.metric_kinds import METRICS
from ...domain.policy.policy import Policy
from ...domain.verdict import Outcome, Verdict
from ...ports import Ports
from ...statistics.proportions import wilson_interval
from ...triggers.performance_degradation import CHECK as PERFORMANCE
from ..lookup import promotion_of

# Older comparisons say little about what the champion is today.
MAX_AGE = timedelta(days=366)


def known_of_champion(job: RetrainingJob, policy: Policy, ports: Ports) -> tuple[KnownQuality, ...]:
    """Its metric at its promotion, in production and in its last comparison, as far as each is known."""
    if job.champion_version is None:
        return ()
    sources = (_at_promotion(job, policy, ports), _in_production(job, policy), _last_compared(job, policy, ports))
    return tuple(quality for source in sources for quality in source)


def _at_promotion(job: RetrainingJob, policy: Policy, ports: Ports) -> Iterator[KnownQuality]:
    line = ports.ledger.current(job.model_name)
    if line is None or line.version.number != job.champion_version:
        return
    metric = _metric_of(promotion_of(line, ports), policy)
    if metric is not None:
        yield KnownQuality(
            source="promotion", metric=policy.primary_metric, value=metric.value, interval=metric.interval
        )


def _in_production(job: RetrainingJob, policy: Policy) -> Iterator[KnownQuality]:
    """The reading that a trigger of this job judged, over the days of its holdout."""
    name = policy.metric.name
    for verdict in job.trigger_verdicts:
        is_reading = verdict.check == PERFORMANCE and _was_judged(verdict)
        if is_reading and verdict.value is not None and _is_comparable(name, verdict.value):
            interval = wilson_interval(verdict.value, verdict.n, 0.95) if name == "accuracy" and verdict.n else None
            yield KnownQuality(
                source="production", metric=name, value=verdict.value, interval=rounded_interval(interval)
            )


def _was_judged(verdict: Verdict) -> bool:
    """Whether a reading was good enough to be judged, be it that nothing follows from it because of chance."""
    return verdict.outcome in (Outcome.MET, Outcome.UNMET) or verdict.evidence is not None


def _is_comparable(name: str, value: float) -> bool:
    """Whether it is a metric that is measured here, too; in percent it would be better than perfect."""
    kind = METRICS.get(name)
    return kind is not None and kind.best is not None and kind.gain(kind.best, value) >= 0


def _last_compared(job: RetrainingJob, policy: Policy, ports: Ports) -> Iterator[KnownQuality]:
    for other in ports.jobs.list_of_model(job.model_name, job.created_at - MAX_AGE):
        metric = _metric_of(other, policy)
        is_about_it = other.champion_version == job.champion_version
        if metric is not None and metric.champion is not None and other.is_before(job) and is_about_it:
            yield KnownQuality(
                source="comparison",
                metric=policy.primary_metric,
                value=metric.champion,
                interval=metric.champion_interval,
            )
            return


def _metric_of(job: RetrainingJob | None, policy: Policy) -> MetricResult | None:
    return job.validation.metrics.get(policy.primary_metric) if job and job.validation else None

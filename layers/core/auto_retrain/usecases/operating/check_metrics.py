"""Whether the metric that each policy names is published, as one series."""

from collections.abc import Iterator
from functools import partial

from ...domain.errors import AutoRetrainError
from ...domain.installation import Finding
from ...domain.metric_reading import MetricReading
from ...domain.policy.policy import Policy
from ...ports import Ports
from ...triggers.performance_degradation import PerformanceDegradation
from .each_model import Member, ReadFleet, look_at_each


def check_metrics(fleet: ReadFleet, ports: Ports) -> Iterator[Finding]:
    """One finding for each model that serves and whose metric CloudWatch or Prometheus should have."""
    return look_at_each("metrics", fleet, _is_judged, partial(_metric_of, ports=ports))


def _is_judged(member: Member) -> bool:
    """Before a version serves there is no metric of it."""
    applied, state = member
    policy = applied.policy
    is_published = policy.metric.source != "prediction_log"
    return bool(state.deployed) and is_published and policy.triggers.enables(PerformanceDegradation.kind)


def _metric_of(member: Member, ports: Ports) -> Finding:
    policy, state = member[0].policy, member[1]
    subject = f"metric of {policy.model}"
    try:
        (reading,) = ports.metrics.read(PerformanceDegradation().queries(policy, state, ports.clock.now()))
    except AutoRetrainError as error:
        source = "ask for cloudwatch:GetMetricData" if policy.metric.source == "cloudwatch" else "see PROMETHEUS_URL"
        return Finding.unknown(subject, error, f"{source}; docs/triggers.md says how metrics are read")
    problem = _problem(policy, reading)
    if problem is None:
        return Finding(subject=subject, is_good=True, text=f"{reading.points} points, {reading.value:.4g} over all")
    where = "docs/triggers.md says how to publish it, or take it out of triggers.enabled"
    return Finding(subject=subject, is_good=False, text=problem, remedy=where)


def _problem(policy: Policy, reading: MetricReading) -> str | None:
    if reading.problem:
        return reading.problem
    if reading.value is None:
        days = policy.triggers.evaluation_window_days
        return f"'{policy.metric.name}' has no points in the last {days} days, so nothing judges the model"
    return None

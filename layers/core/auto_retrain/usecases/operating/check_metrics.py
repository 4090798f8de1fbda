"""Whether the metric that each policy names is published, as one series."""

from collections.abc import Iterator
from itertools import islice

from ...domain.errors import AutoRetrainError
from ...domain.installation import Finding
from ...domain.metric_reading import MetricReading
from ...domain.policy.policy import Policy, PolicyStatus
from ...ports import Ports
from ...triggers.performance_degradation import PerformanceDegradation

MAX_MODELS = 50


def check_metrics(ports: Ports) -> Iterator[Finding]:
    """One finding for each of up to 50 models that serve and whose metric CloudWatch or Prometheus should have."""
    try:
        policies = list(islice(_judged(ports), MAX_MODELS))
    except AutoRetrainError as error:
        yield Finding(subject="metrics", is_good=None, text=f"cannot be checked: {type(error).__name__}: {error}")
        return
    for policy in policies:
        yield _metric_of(policy, ports)


def _judged(ports: Ports) -> Iterator[Policy]:
    """The models whose metric is judged; before a version serves there is none."""
    for applied, state in ports.policies.fleet([]):
        policy = applied.policy
        is_judged = applied.status is PolicyStatus.ACTIVE and policy.triggers.enables(PerformanceDegradation.kind)
        if is_judged and state.deployed and policy.metric.source != "prediction_log":
            yield policy


def _metric_of(policy: Policy, ports: Ports) -> Finding:
    subject = f"metric of {policy.model}"
    try:
        queries = PerformanceDegradation().queries(policy, ports.states.get(policy.model), ports.clock.now())
        (reading,) = ports.metrics.read(queries)
    except AutoRetrainError as error:
        return Finding(subject=subject, is_good=None, text=f"cannot be read: {type(error).__name__}: {error}")
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

"""Warnings about counts of requests that a source does not have, does not keep, or that nobody judges."""

from collections.abc import Iterator

from .policy import Policy
from .requests import CLOUDWATCH_QUANTILES, CloudWatchRequests, PredictionLogRequests, PrometheusRequests

# After so many days CloudWatch forgets the minutes in which the first hour of a step is counted.
MAX_CLOUDWATCH_DAYS = 15


def requests_warnings(policy: Policy) -> Iterator[str]:
    """One sentence for each, naming the fields; a rollout without steps counts nothing."""
    requests = policy.deployment.requests
    if not policy.deployment.step_minutes or isinstance(requests, PredictionLogRequests):
        return
    yield from _unknown_latency(policy, requests)
    yield from _value_that_nobody_judges(policy, requests)
    if isinstance(requests, CloudWatchRequests):
        yield from _quantile_in_between(policy, requests)
        yield from _forgotten_minutes(policy)


def _unknown_latency(policy: Policy, requests: CloudWatchRequests | PrometheusRequests) -> Iterator[str]:
    deployment, latency = policy.deployment, policy.deployment.analysis.latency
    if not latency.enabled or latency.max_ms is None or requests.has_latency:
        return
    held = latency.counts and deployment.asks_every_check
    then = "so nothing is ever promoted" if held else "so it is never judged"
    field = f"deployment.analysis.latency.max_ms = {latency.max_ms:g}"
    yield f"{field}: deployment.requests names no metric of latency, {then}"


def _value_that_nobody_judges(policy: Policy, requests: CloudWatchRequests | PrometheusRequests) -> Iterator[str]:
    if requests.has_business and not policy.deployment.analysis.business_metric.enabled:
        field = "business" if isinstance(requests, CloudWatchRequests) else "business_total"
        name = getattr(requests, field)
        off = "deployment.analysis.business_metric is not enabled, so nobody judges it"
        yield f"deployment.requests.{field} = '{name}': {off}"


def _quantile_in_between(policy: Policy, requests: CloudWatchRequests) -> Iterator[str]:
    latency, known = policy.deployment.analysis.latency, CLOUDWATCH_QUANTILES.values()
    if latency.enabled and requests.has_latency and latency.quantile not in known:
        next_one = min(share for share in known if share > latency.quantile)
        only = f"CloudWatch knows {', '.join(f'{share:g}' for share in known if share < 1)} and the maximum only"
        slower = "the maximum" if next_one == 1 else f"{next_one:g}"
        yield f"deployment.analysis.latency.quantile = {latency.quantile:g}: {only}, so {slower} is judged in its place"


def _forgotten_minutes(policy: Policy) -> Iterator[str]:
    deployment, days = policy.deployment, policy.deployment.step_minutes / (24 * 60)
    if days > MAX_CLOUDWATCH_DAYS:
        forgets = f"CloudWatch keeps minutes for {MAX_CLOUDWATCH_DAYS} days, so later counts of the step are wrong"
        yield f"deployment.strategy = '{deployment.strategy}': a step lasts {days:.3g} days; {forgets}"

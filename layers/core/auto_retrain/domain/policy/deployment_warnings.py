"""Warnings about live checks that can never be met, or are never asked, in the rollouts of a policy."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .policy import Policy


def deployment_warnings(policy: "Policy") -> Iterator[str]:
    """What nothing can measure holds each promotion back until the rollout is ended; the rest is only not asked."""
    deployment = policy.deployment
    checks, strategy, source = deployment.analysis, deployment.strategy, deployment.requests.source
    asks, counts_rows = deployment.asks_every_check, source == "prediction_log"
    by_metrics = f"deployment.requests.source = '{source}' cannot tell"
    never = "so nothing is ever promoted"
    if checks.labelled_quality.required and not deployment.needs_proof:
        compares = f"deployment.strategy = '{strategy}' compares nothing, and promotes without them"
        yield f"deployment.analysis.labelled_quality.required: asks for labels, but {compares}"
    elif checks.labelled_quality.required and not counts_rows:
        yield f"deployment.analysis.labelled_quality.required: {by_metrics} labels, {never}"
    elif deployment.needs_labels and not counts_rows:
        yield f"deployment.analysis.error_rate: does not count, and {by_metrics} labels, {never}"
    if asks and checks.prediction_drift.counts and not counts_rows:
        yield f"deployment.analysis.prediction_drift: {by_metrics} scores, {never}; use observe_only"
    if asks and checks.business_metric.counts and not deployment.requests.has_business:
        yield f"deployment.analysis.business_metric: deployment.requests names no metric of it, {never}"
    if checks.agreement.enabled and strategy != "shadow":
        yield f"deployment.analysis.agreement: is judged in a shadow only, not with strategy = '{strategy}'"
    elif checks.agreement.counts and not counts_rows:
        yield f"deployment.analysis.agreement: {by_metrics} it, {never}; use observe_only"

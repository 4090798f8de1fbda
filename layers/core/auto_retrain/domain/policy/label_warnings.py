"""Warnings about labels that come too late for a rollout that is judged by them."""

from collections.abc import Iterator
from datetime import timedelta

from ..durations import in_words
from .policy import Policy

# With labels of fewer minutes than these, no sample is large enough to go by.
MIN_LABELLED_MINUTES = 60


def label_warnings(policy: Policy) -> Iterator[str]:
    """Where no promotion is possible without labels, they are waited for as long as a rollout may last."""
    deployment, delay = policy.deployment, policy.data.label_delay_days * 24 * 60
    strategy, step = f"deployment.strategy = '{deployment.strategy}'", deployment.step_minutes
    late = f"labels that arrive after data.label_delay_days = {policy.data.label_delay_days}"
    if not _can_have_labels(policy):
        return
    if not deployment.needs_labels:
        if step < delay:
            yield f"{strategy}: its last step lasts {_minutes(step)}, and {late} come too late to judge it"
        return
    longest = deployment.longest_step_minutes
    ends = f"{strategy}: its last step ends after {_minutes(longest)} at the latest, and"
    if longest <= delay:
        yield f"{ends} {late} come too late for it, so nothing is ever promoted"
    elif delay and longest - delay < MIN_LABELLED_MINUTES:
        few = f"only the answers of its first {_minutes(longest - delay)} can have labels by then"
        yield f"{ends} {few}, because of data.label_delay_days = {policy.data.label_delay_days}"


def _can_have_labels(policy: Policy) -> bool:
    deployment = policy.deployment
    return deployment.step_minutes > 0 and deployment.requests.source == "prediction_log"


def _minutes(minutes: int) -> str:
    return in_words(timedelta(minutes=minutes))

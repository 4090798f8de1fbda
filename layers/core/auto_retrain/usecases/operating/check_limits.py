"""Checks the quotas of the account that stop retrainings, or the next release, when they are used up."""

from collections.abc import Iterator
from typing import NamedTuple

from ...domain.errors import AutoRetrainError
from ...domain.installation import Finding
from ...ports import Ports

# Each pass of a watcher is one, and each step of a retraining.
MIN_UNRESERVED = 50
# A release adds its functions and layers before the old ones go.
MIN_FREE_BYTES = 1 << 30


class Quota(NamedTuple):
    """A quota of AWS; all jobs that may run at once need so many of it each."""

    subject: str
    service: str
    code: str
    what: str
    per_job: int
    remedy: str


_FEWER = "or lower FleetConcurrentJobs"
QUOTAS = (
    # A waiting review and a rollout are executions that stay open, beyond the jobs that train.
    Quota(
        subject="executions",
        service="states",
        code="L-B8A5B662",
        what="executions may be open in the account",
        per_job=10,
        remedy=f"ask for more under Service Quotas, AWS Step Functions, Open executions, {_FEWER}",
    ),
    # Those that one sweep starts tell their first facts within the same seconds.
    Quota(
        subject="events",
        service="events",
        code="L-9B653E91",
        what="events may be published in a second",
        per_job=1,
        remedy=f"ask for more under Service Quotas, Amazon EventBridge, PutEvents throttle limit, {_FEWER}",
    ),
)


def check_limits(ports: Ports) -> Iterator[Finding]:
    """Yield a finding for each quota."""
    yield from _functions(ports)
    for quota in QUOTAS:
        yield _quota(quota, ports)


def _functions(ports: Ports) -> Iterator[Finding]:
    try:
        limits = ports.account.function_limits()
    except AutoRetrainError as error:
        yield Finding.not_known(
            "concurrency", str(error), "ask for lambda:GetAccountSettings, or do without this check"
        )
        return
    has_room = limits.unreserved >= MIN_UNRESERVED
    yield Finding(
        subject="concurrency",
        is_good=has_room,
        text=f"{limits.unreserved} of {limits.at_once} functions can run at once without a reservation",
        remedy=None if has_room else "ask for more under Service Quotas, AWS Lambda, Concurrent executions",
    )
    fits = limits.free_bytes >= MIN_FREE_BYTES
    yield Finding(
        subject="code storage",
        is_good=fits,
        text=f"{max(limits.free_bytes, 0) / (1 << 30):.1f} GiB are left for the code of functions and layers",
        remedy=None if fits else "delete old versions of functions and layers: aws lambda list-layer-versions",
    )


def _quota(quota: Quota, ports: Ports) -> Finding:
    try:
        value = ports.account.quota(quota.service, quota.code)
        needed = quota.per_job * ports.limits.concurrent_jobs
    except AutoRetrainError as error:
        remedy = "ask for servicequotas:GetServiceQuota, or do without this check"
        return Finding.not_known(quota.subject, str(error), remedy)
    is_good = value >= needed
    text = f"{value:,.0f} {quota.what}"
    return Finding(
        subject=quota.subject,
        is_good=is_good,
        text=text if is_good else f"{text}; the fleet may need {needed:,}",
        remedy=None if is_good else quota.remedy,
    )

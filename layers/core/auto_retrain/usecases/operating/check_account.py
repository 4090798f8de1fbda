"""Checks who calls AWS, what they may do, this machine's clock, and how many functions may run at once."""

from collections.abc import Iterator

from ...domain.account import Caller
from ...domain.errors import AutoRetrainError
from ...domain.installation import Finding
from ...ports import Ports

# AWS refuses signatures that are off by five minutes; tokens and leases mind less.
MAX_SECONDS_OFF = 60
# Each pass of a watcher is one, and each step of a retraining.
MIN_UNRESERVED = 50


def check_account(ports: Ports) -> Iterator[Finding]:
    """Yield what AWS says; without credentials that is one finding."""
    try:
        caller = ports.account.caller()
    except AutoRetrainError as error:
        yield Finding(
            subject="account",
            is_good=False,
            text=f"{type(error).__name__}: {error}",
            remedy="aws sts get-caller-identity, and export AWS_PROFILE and AWS_REGION",
        )
        return
    yield Finding(subject="account", is_good=True, text=f"you are {caller.arn} in {caller.region}")
    yield _clock(caller.seconds_ahead)
    yield _permissions(caller, ports)
    yield _concurrency(ports)


def _clock(ahead: float) -> Finding:
    direction = "ahead of" if ahead > 0 else "behind"
    is_good = abs(ahead) <= MAX_SECONDS_OFF
    text = f"this machine is {abs(ahead):.0f} s {direction} AWS" if not is_good else "agrees with that of AWS"
    return Finding(
        subject="clock", is_good=is_good, text=text, remedy=None if is_good else "set this machine's clock, with NTP"
    )


def _permissions(caller: Caller, ports: Ports) -> Finding:
    try:
        denied = ports.account.denied(caller)
    except AutoRetrainError as error:
        return Finding(
            subject="your permissions",
            is_good=None,
            text=f"cannot be checked: {error}",
            remedy="ask for iam:SimulatePrincipalPolicy and iam:GetRole, or do without this check",
            needed=False,
        )
    listed = "; ".join(denied)
    return Finding(
        subject="your permissions",
        is_good=not denied,
        text=f"you may not: {listed}" if denied else "you may do what the commands do, as far as was probed",
        remedy="ask whoever manages IAM for these actions" if denied else None,
    )


def _concurrency(ports: Ports) -> Finding:
    try:
        limit, unreserved = ports.account.concurrency()
    except AutoRetrainError as error:
        return Finding(subject="concurrency", is_good=None, text=f"cannot be checked: {error}", needed=False)
    is_good = unreserved >= MIN_UNRESERVED
    return Finding(
        subject="concurrency",
        is_good=is_good,
        text=f"{unreserved} of {limit} functions can run at once without a reservation",
        remedy=None if is_good else "ask for more under Service Quotas, AWS Lambda, Concurrent executions",
    )

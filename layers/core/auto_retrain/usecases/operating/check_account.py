"""Checks who calls AWS, what they and the functions may do, and this machine's clock."""

from collections.abc import Iterator

from ...domain.account import Caller, Simulated
from ...domain.errors import AutoRetrainError
from ...domain.installation import Finding
from ...ports import Ports
from .check_limits import check_limits

# AWS refuses signatures that are off by five minutes; tokens and leases mind less.
MAX_SECONDS_OFF = 60
OWN, OF_FUNCTIONS = "your permissions", "function roles"
_TO_SIMULATE = "ask for iam:SimulatePrincipalPolicy and iam:GetRole, or do without this check"
_TO_SIMULATE_ROLES = (
    "set STATE_MACHINE_ARN; ask for cloudformation:DescribeStacks, cloudformation:ListStackResources and "
    "iam:SimulatePrincipalPolicy, or do without this check"
)


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
    if caller.emulator:
        text = f"permissions and quotas are those of AWS; {caller.emulator} emulates it and has none"
        yield Finding.not_known("AWS", text)
        return
    yield _own_permissions(caller, ports)
    yield from _function_roles(ports)
    yield from check_limits(ports)


def _clock(ahead: float) -> Finding:
    direction = "ahead of" if ahead > 0 else "behind"
    is_good = abs(ahead) <= MAX_SECONDS_OFF
    text = f"this machine is {abs(ahead):.0f} s {direction} AWS" if not is_good else "agrees with that of AWS"
    return Finding(
        subject="clock", is_good=is_good, text=text, remedy=None if is_good else "set this machine's clock, with NTP"
    )


def _own_permissions(caller: Caller, ports: Ports) -> Finding:
    try:
        simulated = ports.account.permissions(caller)
    except AutoRetrainError as error:
        return Finding.not_known(OWN, str(error), _TO_SIMULATE)
    if simulated.denied:
        text = f"you may not: {'; '.join(simulated.denied)}"
        return Finding(subject=OWN, is_good=False, text=text, remedy="ask whoever manages IAM for these actions")
    if simulated.unknown:
        return Finding.not_known(OWN, "; ".join(simulated.unknown), "try what you need; only a real request shows it")
    return Finding(subject=OWN, is_good=True, text="you may do what the commands do, as far as was probed")


def _function_roles(ports: Ports) -> Iterator[Finding]:
    """A finding for each role that lacks something, and one about all others."""
    able, unknown = 0, list[str]()
    try:
        for name, simulated in ports.account.function_roles():
            if simulated.denied:
                yield _lacking(name, simulated)
            able += simulated == Simulated()
            unknown += [f"{name}: {each}" for each in simulated.unknown]
    except AutoRetrainError as error:
        yield Finding.not_known(OF_FUNCTIONS, str(error), _TO_SIMULATE_ROLES)
        return
    if unknown:
        yield Finding.not_known(OF_FUNCTIONS, "; ".join(unknown), "run the doctor again")
    elif able:
        text = f"{able} may do what is written down for them, keys aside, as IAM simulates it"
        yield Finding(subject=OF_FUNCTIONS, is_good=True, text=text)


def _lacking(name: str, simulated: Simulated) -> Finding:
    return Finding(
        subject=f"role of {name}",
        is_good=False,
        text=f"may not: {'; '.join(simulated.denied)}",
        remedy="deploy this release unchanged; what an organization or a boundary refuses, whoever manages it allows",
    )

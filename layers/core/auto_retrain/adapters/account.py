"""The caller, the clock, the permissions and the limits of an AWS account."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from ..domain.account import Caller, FunctionLimits, Simulated
from ..domain.errors import AwsRefused, SettingMissing, TransientError
from ..ports import Clock
from .aws import translated
from .simulation import simulate

_ASSUMED_ROLE = re.compile(r"arn:[^:]+:sts::\d+:assumed-role/([^/]+)/.+")
# What the command line does, by the setting that names the resource, as an ARN with these parts of the caller's place.
_PROBED = {
    "table_name": (
        "arn:{partition}:dynamodb:{region}:{account}:table/{name}",
        ("GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem"),
    ),
    "state_machine_arn": ("{name}", ("StartExecution",)),
    "artifacts_bucket": ("arn:{partition}:s3:::{name}/*", ("GetObject", "PutObject")),
    "data_bucket": ("arn:{partition}:s3:::{name}/*", ("GetObject",)),
}


class AwsAccount:
    """Account by STS, IAM, CloudFormation, Lambda and Service Quotas; `client` makes the client of a service."""

    def __init__(self, client: Callable[[str], Any], clock: Clock, resources: Mapping[str, str]) -> None:
        """`resources` are names by setting; those that no command uses are left out."""
        self._client = client
        self._clock = clock
        self._resources = resources

    def caller(self) -> Caller:
        sts = self._client("sts")
        with translated(TransientError):
            answer = sts.get_caller_identity()
        date = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        ahead = (self._clock.now() - _moment(date)).total_seconds() if date else 0.0
        endpoint = sts.meta.endpoint_url
        return Caller(
            arn=answer["Arn"],
            region=sts.meta.region_name,
            seconds_ahead=ahead,
            emulator=endpoint if _is_near(endpoint) else None,
        )

    def permissions(self, caller: Caller) -> Simulated:
        _, partition, _, _, account, *_ = caller.arn.split(":")
        source, iam = self._principal(caller.arn), self._client("iam")
        parts: list[Simulated] = []
        for setting, (form, names) in _PROBED.items():
            name = self._resources.get(setting)
            if name is None:
                continue
            arn = form.format(partition=partition, region=caller.region, account=account, name=name)
            service = arn.split(":")[2]
            parts.append(simulate(iam, source, [f"{service}:{name}" for name in names], arn))
        return Simulated.together(parts)

    def _principal(self, arn: str) -> str:
        """The user or role behind a session, as IAM names it."""
        assumed = _ASSUMED_ROLE.fullmatch(arn)
        if assumed is None:
            return arn
        with translated(TransientError):
            role: str = self._client("iam").get_role(RoleName=assumed[1])["Role"]["Arn"]
        return role

    def function_roles(self) -> Iterator[tuple[str, Simulated]]:
        from .function_roles import read_stack, simulate_roles  # reads YAML, which functions lack

        machine = self._resources.get("state_machine_arn")
        if machine is None:
            raise SettingMissing("STATE_MACHINE_ARN")
        return simulate_roles(self._client("iam"), read_stack(self._client("cloudformation"), machine))

    def function_limits(self) -> FunctionLimits:
        with translated(TransientError):
            answer = self._client("lambda").get_account_settings()
        try:
            limit, usage = answer["AccountLimit"], answer["AccountUsage"]
            return FunctionLimits(
                at_once=limit["ConcurrentExecutions"],
                unreserved=limit["UnreservedConcurrentExecutions"],
                free_bytes=limit["TotalCodeSize"] - usage["TotalCodeSize"],
            )
        except KeyError as error:
            raise AwsRefused(f"Lambda does not say {error}") from error

    def quota(self, service: str, code: str) -> float:
        with translated(TransientError):
            answer = self._client("service-quotas").get_service_quota(ServiceCode=service, QuotaCode=code)
        return float(answer["Quota"]["Value"])


def _moment(date: str) -> datetime:
    return parsedate_to_datetime(date).astimezone(UTC)


def _is_near(endpoint: str) -> bool:
    """Whether it is on this machine or in its own network: AWS has names with dots."""
    host = urlsplit(endpoint).hostname or ""
    return host.startswith("127.") or "." not in host

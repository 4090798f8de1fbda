"""The caller, the clock, the permissions and the limits of an AWS account."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from ..domain.account import Caller, Concurrency
from ..domain.errors import AwsRefused, TransientError
from ..ports import Clock
from .aws import translated

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
    """Account by STS, IAM and Lambda; `client` makes the client of a service."""

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
        return Caller(arn=answer["Arn"], region=sts.meta.region_name, seconds_ahead=ahead)

    def denied(self, caller: Caller) -> list[str]:
        _, partition, _, _, account, *_ = caller.arn.split(":")
        source = self._principal(caller.arn)
        denied: list[str] = []
        for setting, (form, names) in _PROBED.items():
            name = self._resources.get(setting)
            if name is None:
                continue
            arn = form.format(partition=partition, region=caller.region, account=account, name=name)
            service = arn.split(":")[2]
            denied.extend(f"{action} on {arn}" for action in self._denied(source, service, names, arn))
        return denied

    def _principal(self, arn: str) -> str:
        """The user or role behind a session, as IAM names it."""
        assumed = _ASSUMED_ROLE.fullmatch(arn)
        if assumed is None:
            return arn
        with translated(TransientError):
            role: str = self._client("iam").get_role(RoleName=assumed[1])["Role"]["Arn"]
        return role

    def _denied(self, source: str, service: str, names: Sequence[str], arn: str) -> list[str]:
        actions = [f"{service}:{name}" for name in names]
        with translated(TransientError):
            answer = self._client("iam").simulate_principal_policy(
                PolicySourceArn=source, ActionNames=actions, ResourceArns=[arn]
            )
        results = answer["EvaluationResults"]
        return [result["EvalActionName"] for result in results if result["EvalDecision"] != "allowed"]

    def concurrency(self) -> Concurrency:
        with translated(TransientError):
            limits = self._client("lambda").get_account_settings()["AccountLimit"]
        try:
            return Concurrency(limits["ConcurrentExecutions"], limits["UnreservedConcurrentExecutions"])
        except KeyError as error:
            raise AwsRefused(f"Lambda does not say {error}") from error


def _moment(date: str) -> datetime:
    return parsedate_to_datetime(date).astimezone(UTC)

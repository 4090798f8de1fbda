"""The account as AWS shows it to its caller, on moto; IAM's simulation, which moto lacks, by its recorded form."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from botocore.stub import Stubber

from auto_retrain.adapters.account import AwsAccount
from auto_retrain.adapters.aws import aws_client
from auto_retrain.adapters.clock import SystemClock
from auto_retrain.adapters.memory import MemoryClock
from auto_retrain.adapters.memory.outside import MemoryAccount
from auto_retrain.domain.errors import AwsRefused
from auto_retrain.ports import Account

ROLE = "arn:aws:iam::123456789012:role/team/analyst"
TABLE = "arn:aws:dynamodb:eu-central-1:123456789012:table/jobs"


@pytest.fixture(params=["memory", "aws"])
def account(request: pytest.FixtureRequest) -> Account:
    if request.param == "memory":
        return MemoryAccount()
    request.getfixturevalue("aws")
    return AwsAccount(aws_client, SystemClock(), {})


def test_the_caller_has_an_arn_and_the_clocks_agree(account: Account) -> None:
    caller = account.caller()
    assert caller.arn.startswith("arn:aws:")
    assert caller.region
    assert abs(caller.seconds_ahead) < 5


def test_without_resources_nothing_is_denied(account: Account) -> None:
    assert account.denied(account.caller()) == []


@pytest.mark.usefixtures("aws")
def test_a_clock_that_is_ahead_is_noticed() -> None:
    ahead = MemoryClock(datetime.now(UTC) + timedelta(minutes=10))
    assert 590 < AwsAccount(aws_client, ahead, {}).caller().seconds_ahead < 610


class Stubbed:
    """An account whose IAM answers as told, in order; its caller is a session of a role."""

    def __init__(self, **resources: str) -> None:
        self.iam, self.functions, self.sts = map(partial(aws_client), ("iam", "lambda", "sts"))
        self.stubs = {name: Stubber(client) for name, client in self.clients.items()}
        for stub in self.stubs.values():
            stub.activate()
        self.account = AwsAccount(self.clients.__getitem__, SystemClock(), resources)

    @property
    def clients(self) -> dict[str, Any]:
        return {"iam": self.iam, "lambda": self.functions, "sts": self.sts}

    def is_session_of_role(self) -> None:
        session = "arn:aws:sts::123456789012:assumed-role/analyst/ada"
        answer = {"Arn": session, "ResponseMetadata": {"HTTPHeaders": {}}}
        self.stubs["sts"].add_response("get_caller_identity", answer)
        role = {"Path": "/team/", "RoleName": "analyst", "RoleId": "A" * 16, "Arn": ROLE, "CreateDate": 0}
        self.stubs["iam"].add_response("get_role", {"Role": role}, {"RoleName": "analyst"})

    def decides(self, arn: str, **decisions: str) -> None:
        service = arn.split(":")[2]
        actions = [f"{service}:{name}" for name in decisions]
        results = [
            {"EvalActionName": f"{service}:{name}", "EvalDecision": decision} for name, decision in decisions.items()
        ]
        asked = {"PolicySourceArn": ROLE, "ActionNames": actions, "ResourceArns": [arn]}
        self.stubs["iam"].add_response("simulate_principal_policy", {"EvaluationResults": results}, asked)


OF_THE_TABLE = ("GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem")


@pytest.mark.usefixtures("aws")
def test_what_is_not_allowed_is_listed_with_its_resource() -> None:
    stubbed = Stubbed(table_name="jobs", data_bucket="rows", stage="dev")
    stubbed.is_session_of_role()
    stubbed.decides(TABLE, **{**dict.fromkeys(OF_THE_TABLE, "allowed"), "DeleteItem": "implicitDeny"})
    stubbed.decides("arn:aws:s3:::rows/*", GetObject="explicitDeny")

    caller = stubbed.account.caller()
    assert stubbed.account.denied(caller) == [
        f"dynamodb:DeleteItem on {TABLE}",
        "s3:GetObject on arn:aws:s3:::rows/*",
    ]


@pytest.mark.usefixtures("aws")
def test_a_caller_who_may_not_simulate_is_refused() -> None:
    stubbed = Stubbed(table_name="jobs")
    stubbed.is_session_of_role()
    stubbed.stubs["iam"].add_client_error("simulate_principal_policy", "AccessDenied", "not you", 403)
    caller = stubbed.account.caller()
    with pytest.raises(AwsRefused, match="not you"):
        stubbed.account.denied(caller)


@pytest.mark.usefixtures("aws")
def test_the_limit_of_functions_at_once_is_that_of_the_account() -> None:
    stubbed = Stubbed()
    limit = {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 900}
    stubbed.stubs["lambda"].add_response("get_account_settings", {"AccountLimit": limit})
    assert stubbed.account.concurrency() == (1000, 900)

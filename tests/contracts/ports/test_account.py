"""The account as AWS shows it to its caller, on moto; IAM's simulation, which moto lacks, by its recorded form."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from auto_retrain.adapters.account import AwsAccount
from auto_retrain.adapters.aws import AwsPlace, aws_client
from auto_retrain.adapters.clock import SystemClock
from auto_retrain.adapters.memory import MemoryClock
from auto_retrain.adapters.memory.outside import MemoryAccount
from auto_retrain.domain.account import Simulated
from auto_retrain.domain.errors import AwsRefused, SettingMissing
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
    assert account.permissions(account.caller()) == Simulated()


def test_aws_itself_is_no_emulator(account: Account) -> None:
    assert account.caller().emulator is None


@pytest.mark.usefixtures("aws")
def test_a_clock_that_is_ahead_is_noticed() -> None:
    ahead = MemoryClock(datetime.now(UTC) + timedelta(minutes=10))
    assert 590 < AwsAccount(aws_client, ahead, {}).caller().seconds_ahead < 610


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:4566", "http://localhost:4566", "http://localstack:4566"])
def test_what_answers_nearby_in_place_of_aws_is_an_emulator(endpoint: str) -> None:
    place = AwsPlace(region="eu-central-1", endpoint_url=endpoint, keys=("id", "secret"))
    stub = Stubber(client := aws_client("sts", place))
    stub.add_response("get_caller_identity", {"Arn": ROLE, "ResponseMetadata": {"HTTPHeaders": {}}})
    with stub:
        assert AwsAccount(lambda _: client, SystemClock(), {}).caller().emulator == endpoint


class Stubbed:
    """An account whose services answer as told, in order; its caller is a session of a role."""

    services = ("iam", "lambda", "sts", "service-quotas")

    def __init__(self, **resources: str) -> None:
        self.clients = {service: aws_client(service) for service in self.services}
        self.stubs = {name: Stubber(client) for name, client in self.clients.items()}
        for stub in self.stubs.values():
            stub.activate()
        self.account = AwsAccount(self.clients.__getitem__, SystemClock(), resources)

    def is_session_of_role(self) -> None:
        session = "arn:aws:sts::123456789012:assumed-role/analyst/ada"
        answer = {"Arn": session, "ResponseMetadata": {"HTTPHeaders": {}}}
        self.stubs["sts"].add_response("get_caller_identity", answer)
        role = {"Path": "/team/", "RoleName": "analyst", "RoleId": "A" * 16, "Arn": ROLE, "CreateDate": 0}
        self.stubs["iam"].add_response("get_role", {"Role": role}, {"RoleName": "analyst"})

    def answers(self, arn: str, actions: Sequence[str], *pages: list[dict[str, Any]]) -> None:
        """IAM's answer about these actions, in pages."""
        asked = {"PolicySourceArn": ROLE, "ActionNames": list(actions), "ResourceArns": [arn]}
        for number, results in enumerate(pages):
            more = {"IsTruncated": True, "Marker": f"after-{number}"} if number < len(pages) - 1 else {}
            self.stubs["iam"].add_response("simulate_principal_policy", {"EvaluationResults": results, **more}, asked)
            asked = {**asked, "Marker": f"after-{number}"}


def decided(action: str, decision: str, **more: Any) -> dict[str, Any]:
    return {"EvalActionName": action, "EvalDecision": decision, **more}


OF_THE_TABLE = [
    f"dynamodb:{verb}" for verb in ("GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem")
]
READ_ROWS, ROWS = "s3:GetObject", "arn:aws:s3:::rows/*"


@pytest.fixture
def stubbed(request: pytest.FixtureRequest) -> Stubbed:
    request.getfixturevalue("aws")
    stubbed = Stubbed(table_name="jobs", data_bucket="rows", stage="dev")
    stubbed.is_session_of_role()
    return stubbed


def permissions(stubbed: Stubbed) -> Simulated:
    return stubbed.account.permissions(stubbed.account.caller())


def test_what_is_not_allowed_is_listed_with_its_resource(stubbed: Stubbed) -> None:
    *others, deletes = OF_THE_TABLE
    results = [*(decided(action, "allowed") for action in others), decided(deletes, "implicitDeny")]
    stubbed.answers(TABLE, OF_THE_TABLE, results)
    stubbed.answers(ROWS, [READ_ROWS], [decided(READ_ROWS, "explicitDeny")])
    assert permissions(stubbed) == (
        (f"dynamodb:DeleteItem on {TABLE}", "s3:GetObject on arn:aws:s3:::rows/*"),
        (),
    )


def test_an_answer_in_pages_is_read_to_its_end(stubbed: Stubbed) -> None:
    *first, deletes = OF_THE_TABLE
    pages = [decided(action, "allowed") for action in first], [decided(deletes, "implicitDeny")]
    stubbed.answers(TABLE, OF_THE_TABLE, *pages)
    stubbed.answers(ROWS, [READ_ROWS], [decided(READ_ROWS, "allowed")])
    assert permissions(stubbed) == ((f"dynamodb:DeleteItem on {TABLE}",), ())


def test_what_the_answer_leaves_out_is_unknown_and_not_allowed(stubbed: Stubbed) -> None:
    *others, deletes = OF_THE_TABLE
    stubbed.answers(TABLE, OF_THE_TABLE, [decided(action, "allowed") for action in others])
    stubbed.answers(ROWS, [READ_ROWS], [decided(READ_ROWS, "allowed")])
    assert permissions(stubbed) == ((), (f"{deletes} on {TABLE}",))


def test_what_depends_on_more_than_was_given_is_unknown(stubbed: Stubbed) -> None:
    stubbed.answers(TABLE, OF_THE_TABLE, [decided(action, "allowed") for action in OF_THE_TABLE])
    missing = {"MissingContextValues": ["aws:MultiFactorAuthPresent"]}
    stubbed.answers(ROWS, [READ_ROWS], [decided(READ_ROWS, "implicitDeny", **missing)])
    assert permissions(stubbed).unknown == (
        "s3:GetObject on arn:aws:s3:::rows/*, which depends on aws:MultiFactorAuthPresent",
    )


def test_whoever_refuses_in_place_of_ones_own_policies_is_named(stubbed: Stubbed) -> None:
    stubbed.answers(TABLE, OF_THE_TABLE, [decided(action, "allowed") for action in OF_THE_TABLE])
    refused = {
        "OrganizationsDecisionDetail": {"AllowedByOrganizations": False},
        "PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": True},
    }
    stubbed.answers(ROWS, [READ_ROWS], [decided(READ_ROWS, "explicitDeny", **refused)])
    assert permissions(stubbed).denied == ("s3:GetObject on arn:aws:s3:::rows/* (refused by the organization)",)


def test_a_caller_who_may_not_simulate_is_refused(stubbed: Stubbed) -> None:
    stubbed.stubs["iam"].add_client_error("simulate_principal_policy", "AccessDenied", "not you", 403)
    with pytest.raises(AwsRefused, match="not you"):
        permissions(stubbed)


def test_the_limits_of_functions_are_those_of_the_account(stubbed: Stubbed) -> None:
    limit = {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 900, "TotalCodeSize": 80 << 30}
    answer = {"AccountLimit": limit, "AccountUsage": {"TotalCodeSize": 10 << 30}}
    stubbed.stubs["lambda"].add_response("get_account_settings", answer)
    assert stubbed.account.function_limits() == (1000, 900, 70 << 30)


def test_a_quota_is_the_value_that_applies_now(stubbed: Stubbed) -> None:
    asked = {"ServiceCode": "events", "QuotaCode": "L-9B653E91"}
    stubbed.stubs["service-quotas"].add_response("get_service_quota", {"Quota": {"Value": 400.0}}, asked)
    assert stubbed.account.quota("events", "L-9B653E91") == 400


def test_function_roles_need_the_name_of_the_state_machine(stubbed: Stubbed) -> None:
    with pytest.raises(SettingMissing, match="STATE_MACHINE_ARN"):
        stubbed.account.function_roles()

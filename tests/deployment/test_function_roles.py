"""The doctor finds role and resources of each function in the stack, and asks IAM about what is written down."""

from functools import partial
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError

from auto_retrain.adapters.function_roles import WRITTEN_DOWN, Stack, read_stack, simulate_roles
from auto_retrain.domain.errors import AwsRefused
from local.transformed import transformed

MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:churners-retraining"
PARAMETERS = {
    "Stage": "dev",
    "DataBucketName": "rows",
    "ClusterName": "eks",
    "PrometheusAuthentication": "none",
    "MlflowSecretArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:mlflow",
    "SagemakerEndpointArns": "arn:aws:sagemaker:eu-central-1:123456789012:endpoint/a,"
    "arn:aws:sagemaker:eu-central-1:123456789012:endpoint/b",
    **dict.fromkeys(("KeyArns", "SlackSecretArn", "PagerdutySecretArn", "NotificationTopicArn"), ""),
}


class Formation:
    """CloudFormation as it answers about the rendered template, two resources a page."""

    def __init__(self) -> None:
        special = {"RetrainingStateMachine": MACHINE, "DeadLetters": "https://sqs.test/123456789012/dead"}
        names = {name: special.get(name, f"churners-{name.lower()}") for name in transformed()["Resources"]}
        self.resources = [{"LogicalResourceId": name, "PhysicalResourceId": to} for name, to in names.items()]

    def describe_stacks(self, **asked: str) -> dict[str, Any]:
        assert asked == {"StackName": "churners"}
        given = [{"ParameterKey": key, "ParameterValue": value} for key, value in PARAMETERS.items()]
        return {"Stacks": [{"Parameters": given}]}

    def get_paginator(self, operation: str) -> "Formation":
        assert operation == "list_stack_resources"
        return self

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        pages = [self.resources[at : at + 2] for at in range(0, len(self.resources), 2)]
        return [{"StackResourceSummaries": page} for page in pages]


class Iam:
    """IAM that allows all but `denied`, and keeps what it was asked."""

    def __init__(self, denied: str = "", error: str = "") -> None:
        self.denied, self.error = denied, error
        self.asked: list[dict[str, Any]] = []

    def simulate_principal_policy(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        if self.error:
            raise ClientError({"Error": {"Code": self.error, "Message": "no"}}, "SimulatePrincipalPolicy")
        decide = partial(dict.get, {self.denied: "implicitDeny"})
        results = [{"EvalActionName": name, "EvalDecision": decide(name, "allowed")} for name in request["ActionNames"]]
        return {"EvaluationResults": results}


@pytest.fixture(scope="module")
def stack() -> Stack:
    return read_stack(Formation(), MACHINE)


def test_every_function_has_its_role_in_the_stack_and_may_do_all(stack: Stack) -> None:
    answers = dict(simulate_roles(Iam(), stack))
    assert all(name.endswith("Function") or name == "RetrainingStateMachine" for name in answers)
    assert len(answers) == len([name for name in yaml.safe_load(WRITTEN_DOWN.read_text()) if "Pod" not in name])
    assert [name for name, simulated in answers.items() if simulated != ((), ())] == []


def test_every_resource_that_is_written_down_has_an_arn_in_the_stack(stack: Stack) -> None:
    iam = Iam()
    list(simulate_roles(iam, stack))
    arns = {arn for request in iam.asked for arn in request["ResourceArns"]}
    for expected in (
        "*",
        "arn:aws:dynamodb:eu-central-1:123456789012:table/churners-table",
        "arn:aws:dynamodb:eu-central-1:123456789012:table/churners-table/index/fleet",
        "arn:aws:eks:eu-central-1:123456789012:cluster/eks",
        "arn:aws:events:eu-central-1:123456789012:event-bus/default",
        "arn:aws:lambda:eu-central-1:123456789012:function:churners-closejobfunction",
        "arn:aws:s3:::churners-artifactsbucket/jobs/*",
        "arn:aws:s3:::rows",
        "arn:aws:sagemaker:eu-central-1:123456789012:endpoint/b",
        "arn:aws:secretsmanager:eu-central-1:123456789012:secret:mlflow",
        "arn:aws:sqs:eu-central-1:123456789012:dead",
        "arn:aws:states:eu-central-1:123456789012:execution:churners-retraining:*",
        MACHINE,
    ):
        assert expected in arns
    assert [arn for arn in arns if arn != "*" and len(arn.split(":")) < 6] == []
    assert not [arn for arn in arns if "Function" in arn or "Bucket" in arn or "StackName" in arn or "Arn" in arn]


def test_keys_of_items_and_the_source_of_events_are_given_because_roles_depend_on_them(stack: Stack) -> None:
    iam = Iam()
    list(simulate_roles(iam, stack))
    context = {
        (entry["ContextKeyName"], *entry["ContextKeyValues"])
        for request in iam.asked
        for entry in request.get("ContextEntries", ())
    }
    assert {("dynamodb:LeadingKeys", "MODEL#*"), ("dynamodb:LeadingKeys", "FLEET")} < context
    assert {entry for entry in context if entry[0] == "events:source"} == {("events:source", "auto-retrain.dev")}


def test_what_a_deployment_has_no_use_for_is_not_asked(stack: Stack) -> None:
    iam = Iam()
    list(simulate_roles(iam, stack))
    actions = {action for request in iam.asked for action in request["ActionNames"]}
    assert actions.isdisjoint({"aps:QueryMetrics", "sns:Publish", "kms:Decrypt"})
    signed = stack._replace(names={**stack.names, "PrometheusAuthentication": "sigv4"})
    list(simulate_roles(iam := Iam(), signed))
    assert "aps:QueryMetrics" in {action for request in iam.asked for action in request["ActionNames"]}


def test_a_role_that_lacks_an_action_is_named_with_the_resource(stack: Stack) -> None:
    denied = {name: each.denied for name, each in simulate_roles(Iam("states:SendTaskHeartbeat"), stack) if each.denied}
    assert set(denied) == {"WatchJobsFunction", "WatchRolloutsFunction"}
    assert denied["WatchJobsFunction"] == (f"states:SendTaskHeartbeat on {MACHINE}",)


def test_a_function_that_the_stack_lacks_is_no_function_that_may_do_all(stack: Stack) -> None:
    names = {name: value for name, value in stack.names.items() if name != "NotifyFunctionRole"}
    denied = dict(simulate_roles(Iam(), stack._replace(names=names)))["NotifyFunction"].denied
    assert denied == ("anything: the stack has no such role",)


def test_what_iam_is_too_busy_to_answer_is_unknown(stack: Stack) -> None:
    answers = dict(simulate_roles(Iam(error="Throttling"), stack))
    assert all(each.unknown and not each.denied for each in answers.values())


def test_who_may_not_simulate_is_told_so_at_once(stack: Stack) -> None:
    with pytest.raises(AwsRefused, match="AccessDenied"):
        list(simulate_roles(Iam(error="AccessDenied"), stack))

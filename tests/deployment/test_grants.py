"""What the roles of the rendered template may do is written down, and changes only on purpose."""

from typing import Any

import pytest
import yaml

from local.paths import CORE
from local.transformed import transformed, with_every_option
from tests.deployment.calls import calls_of_function
from tests.deployment.cloudformation import FUNCTIONS, Template, as_list
from tests.deployment.grants import Grant, grants, managed_policies, roles

WRITTEN_DOWN = CORE / "auto_retrain" / "adapters" / "permissions.yaml"

# Actions on every resource of the account, each with the reason why none can be named.
ON_EVERYTHING = {
    "cloudwatch:GetMetricData": "metrics have no ARNs, and no condition key narrows what is read",
    **dict.fromkeys(
        (
            *(f"logs:{verb}LogDelivery" for verb in ("Create", "Get", "Update", "Delete")),
            *("logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies"),
            "logs:DescribeLogGroups",
        ),
        "CloudWatch offers the actions of log deliveries only for a whole account",
    ),
}
OF_AWS = {
    "AWSLambdaBasicExecutionRole": "SAM attaches it to each function; it writes log lines and nothing else",
    "AWSLambdaVPCAccessExecutionRole": "SAM attaches it in a VPC; network interfaces have no names beforehand",
    "AWSXrayWriteOnlyAccess": "SAM attaches it for tracing; X-Ray offers its actions only for a whole account",
}
# Whoever may do one of these could give itself more, or erase what happened.
NEVER = ("iam:", "sts:", "lambda:Update", "lambda:Create", "cloudformation:", "kms:PutKeyPolicy", "organizations:")
NEVER_EXACTLY = {
    *("s3:DeleteObjectVersion", "s3:BypassGovernanceRetention", "s3:PutObjectRetention", "s3:PutObjectLegalHold"),
    *("s3:PutBucketPolicy", "s3:PutBucketObjectLockConfiguration", "s3:PutLifecycleConfiguration", "s3:DeleteBucket"),
    *("dynamodb:DeleteTable", "dynamodb:UpdateTable", "dynamodb:Scan", "logs:DeleteLogGroup", "sqs:PurgeQueue"),
}
# Functions that move the alias or the traffic of a model, each with what for.
MOVERS = {
    "DeployModelFunction": "takes the actions of a rollout, up to the promotion",
    "RollBackFunction": "takes back what serves, for a person or an alarm",
    "WatchRolloutsFunction": "lets alias and traffic follow their record, and takes back what does harm",
    "WatchChampionsFunction": "takes back a champion that got worse after its promotion",
    "CloseJobFunction": "takes back the rollout of an execution that failed or was stopped",
    "WatchJobsFunction": "closes jobs whose execution ended without doing so, in the same way",
}
# MLflow cannot tell reading from moving: these have its credentials, but their code moves nothing.
READS_MLFLOW = {
    "StartJobFunction": "looks up the champion that a challenger is compared with",
    "ValidateModelFunction": "keeps a copy of the report beside the run",
    "ProfileDataFunction": "copies the files of the version that was promoted",
}


@pytest.fixture(scope="module")
def rendered() -> dict[str, Any]:
    return with_every_option(transformed())


@pytest.fixture(scope="module")
def granted(rendered: dict[str, Any]) -> list[Grant]:
    return grants(rendered)


def holders(granted: list[Grant], *actions: str) -> set[str]:
    return {grant.role for grant in granted if grant.action in actions}


def test_roles_may_do_exactly_what_is_written_down(granted: list[Grant]) -> None:
    document = yaml.safe_load(WRITTEN_DOWN.read_text())
    written = {
        Grant(role, action, resource)
        for role, actions in document.items()
        for action, resources in actions.items()
        for resource in resources
    }
    new, gone = sorted(set(granted) - written), sorted(written - set(granted))
    assert not new, f"missing in {WRITTEN_DOWN.name}:\n" + "\n".join(map(str, new))
    assert not gone, f"no longer granted, but in {WRITTEN_DOWN.name}:\n" + "\n".join(map(str, gone))


def test_what_is_written_down_is_in_order(granted: list[Grant]) -> None:
    document = yaml.safe_load(WRITTEN_DOWN.read_text())
    assert list(document) == sorted(document)
    for actions in document.values():
        assert list(actions) == sorted(actions)
        assert all(resources == sorted(resources) for resources in actions.values())


def test_an_action_covers_every_resource_only_where_none_can_be_named(granted: list[Grant]) -> None:
    assert {grant.action for grant in granted if grant.resource == "*"} == set(ON_EVERYTHING)


def test_no_action_is_a_pattern_and_no_resource_begins_with_one(granted: list[Grant]) -> None:
    assert [str(grant) for grant in granted if "*" in grant.action] == []
    assert [str(grant) for grant in granted if grant.resource.startswith("*") and grant.resource != "*"] == []


def test_only_policies_of_aws_that_are_listed_are_attached(rendered: dict[str, Any]) -> None:
    assert managed_policies(rendered) == set(OF_AWS)


@pytest.mark.parametrize("reasons", [ON_EVERYTHING, OF_AWS, MOVERS, READS_MLFLOW], ids=["all", "aws", "move", "read"])
def test_every_exception_has_a_reason(reasons: dict[str, str]) -> None:
    assert [name for name, reason in reasons.items() if len(reason.split()) < 6] == []


def test_no_role_may_give_itself_more_or_erase_what_happened(granted: list[Grant]) -> None:
    bad = [grant for grant in granted if grant.action.startswith(NEVER) or grant.action in NEVER_EXACTLY]
    assert [str(grant) for grant in bad] == []


def test_only_lambda_and_step_functions_may_assume_a_role(rendered: dict[str, Any]) -> None:
    trusts = [role["AssumeRolePolicyDocument"] for role in roles(rendered).values() if "ManagedPolicyArns" in role]
    principals = [statement["Principal"] for trust in trusts for statement in trust["Statement"]]
    services = [service for principal in principals for service in as_list(principal.pop("Service"))]
    assert set(services) == {"lambda.amazonaws.com", "states.amazonaws.com"}
    assert not any(principals)  # nobody else


@pytest.mark.parametrize("call", ["registry.set_champion", "traffic.write"])
def test_only_code_that_deploys_watches_or_takes_back_moves_alias_and_traffic(call: str) -> None:
    assert {function for function in FUNCTIONS if call in calls_of_function(function)} == set(MOVERS)


def test_only_functions_that_move_traffic_have_rights_to(granted: list[Grant], template: Template) -> None:
    assert holders(granted, "sagemaker:UpdateEndpointWeightsAndCapacities") == set(MOVERS)
    entries = template.of_type("AWS::EKS::AccessEntry").values()
    in_group = [entry["PrincipalArn"]["Fn::GetAtt"][0] for entry in entries if "-traffic" in str(entry)]
    assert {role.removesuffix("Role") for role in in_group} == set(MOVERS)


def test_only_functions_that_move_the_alias_or_read_mlflow_have_its_credentials(granted: list[Grant]) -> None:
    readers = {grant.role for grant in granted if grant.resource == "MlflowSecretArn"}
    assert readers == set(MOVERS) | set(READS_MLFLOW)


def test_no_policy_of_a_resource_lets_in_whoever_asks(rendered: dict[str, Any]) -> None:
    kinds = ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy")
    policies = [each["Properties"] for each in rendered["Resources"].values() if each["Type"] in kinds]
    statements = [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]
    allowing = [statement for statement in statements if statement["Effect"] == "Allow"]
    assert [each["Sid"] for each in allowing if "aws:SourceArn" not in str(each.get("Condition"))] == []
    assert [each["Sid"] for each in allowing if set(each["Principal"]) != {"Service"}] == []


def test_every_permission_to_invoke_a_function_names_who_may(rendered: dict[str, Any]) -> None:
    of_type = [each["Properties"] for each in rendered["Resources"].values() if each["Type"].endswith("::Permission")]
    assert of_type
    assert all("SourceArn" in permission for permission in of_type)


def test_every_bucket_is_private_encrypted_versioned_and_reached_only_by_tls(rendered: dict[str, Any]) -> None:
    resources = rendered["Resources"]
    buckets = {name: each["Properties"] for name, each in resources.items() if each["Type"] == "AWS::S3::Bucket"}
    for bucket in buckets.values():
        assert len(bucket["PublicAccessBlockConfiguration"]) == 4
        assert all(bucket["PublicAccessBlockConfiguration"].values())
        assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
        assert bucket["BucketEncryption"]
    policies = [each["Properties"] for each in resources.values() if each["Type"] == "AWS::S3::BucketPolicy"]
    over_tls = {policy["Bucket"]["Ref"] for policy in policies if '"false"' in str(policy).replace("'", '"')}
    assert over_tls == set(buckets)


def test_no_environment_holds_a_secret(rendered: dict[str, Any]) -> None:
    functions = [each["Properties"] for each in rendered["Resources"].values() if each["Type"].endswith("::Function")]
    names = {name for function in functions for name in function["Environment"]["Variables"]}
    secret = {name for name in names if any(word in name for word in ("SECRET", "PASSWORD", "TOKEN", "WEBHOOK", "KEY"))}
    assert all(name.endswith("_ARN") for name in secret)

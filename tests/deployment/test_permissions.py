"""Each function has exactly the permissions that its use case needs, and none on other resources."""

from itertools import product
from typing import Any

import pytest

from local.bench.imports import PORTS
from tests.deployment.calls import calls_of_function, use_case_of
from tests.deployment.cloudformation import FUNCTIONS, Template, as_list, name_of
from tests.deployment.table_permissions import (
    CHANGE,
    INCIDENTS,
    QUERY,
    READ,
    READ_MANY,
    REMOVE,
    TABLE_PERMISSIONS,
    THREADS,
    WRITE,
    on,
)

# The AWS permissions that each method of a port needs.
A_SECRET = {"secretsmanager:GetSecretValue", "kms:Decrypt"}
# A target in the cluster, or an endpoint of SageMaker; KServe loads versions from where MLflow keeps them.
READ_TRAFFIC = {"eks:DescribeCluster", "sagemaker:DescribeEndpoint", *A_SECRET}
PERMISSIONS = TABLE_PERMISSIONS | {
    # Which channels are set up is no secret; what they are is.
    "channels": set(),
    "channels[": {
        *A_SECRET,
        "sns:Publish",
        *on(THREADS, READ, WRITE),
        *on(INCIDENTS, QUERY, READ_MANY, WRITE, CHANGE, REMOVE),
    },
    "metrics.read": {
        *("cloudwatch:GetMetricData", "aps:QueryMetrics"),
        *("s3:GetObject", "s3:ListBucket", "s3:PutObject", "kms:Decrypt"),
    },
    "data.list_partitions": {"s3:ListBucket"},
    "data.look_below": {"s3:ListBucket"},
    "data.read": {"s3:GetObject", "s3:ListBucket"},  # the second, to get "not found" for a missing object
    "data.write": {"s3:PutObject"},
    "data.keep": {"s3:GetObject", "s3:ListBucket", "s3:PutObject", "s3:AbortMultipartUpload"},
    "data.prune": {"s3:ListBucket", "s3:DeleteObject"},
    "data.uri": set(),
    "tables.batches": {"s3:GetObject", "kms:Decrypt"},
    "tables.with_their_days": {"s3:GetObject", "kms:Decrypt"},
    "anchors.newest": {"s3:GetObject", "s3:ListBucket"},
    "anchors.add": {"s3:PutObject"},
    "events.publish": {"events:PutEvents"},
    "executions.start": {"states:StartExecution"},
    "executions.succeed": {"states:SendTaskSuccess"},
    "executions.fail": {"states:SendTaskFailure"},
    "executions.heartbeat": {"states:SendTaskHeartbeat"},
    "executions.has_ended": {"states:DescribeExecution"},
    "cluster.start_job": {"eks:DescribeCluster"},
    "cluster.start_indexed_job": {"eks:DescribeCluster"},
    "cluster.list_jobs": {"eks:DescribeCluster"},
    "cluster.obstacles": {"eks:DescribeCluster"},
    "cluster.resume_job": {"eks:DescribeCluster"},
    "cluster.parallel_jobs": set(),
    "cluster.default_image": set(),
    "cluster.explain_failure": {"eks:DescribeCluster"},
    "cluster.log_tail": {"eks:DescribeCluster"},
    "cluster.delete_job": {"eks:DescribeCluster"},
    "traffic.read": READ_TRAFFIC,
    "traffic.check": READ_TRAFFIC,
    "traffic.verify": READ_TRAFFIC,
    "traffic.write": READ_TRAFFIC | {"sagemaker:UpdateEndpointWeightsAndCapacities"},
    "live.read": {"s3:GetObject", "s3:ListBucket", "kms:Decrypt", "cloudwatch:GetMetricData", "aps:QueryMetrics"},
    "registry.champion": A_SECRET,
    "registry.champions": A_SECRET,
    "registry.keep_document": A_SECRET,
    "registry.read_file": A_SECRET,
    "registry.run_of": A_SECRET,
    "registry.has_files": A_SECRET,
    "registry.version_files": A_SECRET,
    "registry.set_champion": A_SECRET,
    "registry.tracking_uri": set(),
    "registry.version_tags": A_SECRET,
    # Lambda runs the daemon of X-Ray beside the function, and SAM grants it the right with "Tracing: Active".
    "traces.current": set(),
    "traces.put": set(),
    "clock.now": set(),
    "limits": set(),
    "prices.current": {"s3:GetObject"},
}
COMMON_SETTINGS = {
    "STAGE",
    "TABLE_NAME",
    "PAGES_URL",
    "POWERTOOLS_SERVICE_NAME",
    "POWERTOOLS_LOG_LEVEL",
    "PYDANTIC_DISABLE_PLUGINS",
}
PODS = {"JOB_SERVICE_ACCOUNT", "SCORING_SERVICE_ACCOUNT", "POD_TEMPLATE_ALLOWS", "TRAINER_IMAGE"}
SETTINGS = {
    "metrics": {"ARTIFACTS_BUCKET", "DATA_BUCKET", "PROMETHEUS_URL", "PROMETHEUS_AUTHENTICATION"},
    "data": {"ARTIFACTS_BUCKET"},
    "tables": {"ARTIFACTS_BUCKET"},
    "anchors": {"ANCHOR_BUCKET"},
    "data.list_partitions": {"DATA_BUCKET"},
    "data.look_below": {"DATA_BUCKET"},
    "registry": {"MLFLOW_TRACKING_URI", "MLFLOW_SECRET_ARN"},
    "traffic": {"MLFLOW_TRACKING_URI", "MLFLOW_SECRET_ARN", "CLUSTER_NAME", "CLUSTER_ENDPOINT", "CLUSTER_CA"},
    "live": {"ARTIFACTS_BUCKET", "DATA_BUCKET", "PROMETHEUS_URL", "PROMETHEUS_AUTHENTICATION"},
    "cluster": {"CLUSTER_NAME", "CLUSTER_ENDPOINT", "CLUSTER_CA", "JOB_NAMESPACE", "PARALLEL_JOBS"},
    "cluster.start_job": PODS,
    "cluster.start_indexed_job": PODS,
    "executions.start": {"STATE_MACHINE_ARN"},
    "channels": {"SLACK_SECRET_ARN", "NOTIFICATION_TOPIC_ARN", "PAGERDUTY_SECRET_ARN"},
    "channels[": {"SLACK_CHANNEL", "SLACK_ORIGINS", "PAGERDUTY_URL"},
    "prices": {"ARTIFACTS_BUCKET", "PRICES_OBJECT"},
    "limits": {"FLEET_CONCURRENT_JOBS", "FLEET_MONTHLY_RETRAININGS", "FLEET_BUDGET_MONTH_USD"},
}
RESOURCES = {
    "dynamodb": {
        "Table.Arn",
        "${Table.Arn}/index/fleet",
        "${Table.Arn}/index/by_model",
        "${Table.Arn}/index/by_month",
        "${Table.Arn}/index/active_jobs",
    },
    "s3": {
        "arn:${AWS::Partition}:s3:::${DataBucketName}",
        "arn:${AWS::Partition}:s3:::${DataBucketName}/*",
        "ArtifactsBucket.Arn",
        "${ArtifactsBucket.Arn}/jobs/*",
        "${ArtifactsBucket.Arn}/training/*",
        "${ArtifactsBucket.Arn}/scoring/*",
        "${ArtifactsBucket.Arn}/profiles/*",
        "${ArtifactsBucket.Arn}/notes/*",
        "${ArtifactsBucket.Arn}/versions/*",
        "${ArtifactsBucket.Arn}/quality/*",
        "${ArtifactsBucket.Arn}/quality/*/holdout-*",
        "${ArtifactsBucket.Arn}/requests/*",
        "${ArtifactsBucket.Arn}/prices/*",
        "${ArtifactsBucket.Arn}/evidence/*",
        "${ArtifactsBucket.Arn}/fleet.html",
        "AnchorBucket.Arn",
        "${AnchorBucket.Arn}/audit/anchors/*",
    },
    "states": {
        "RetrainingStateMachine",
        "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:${AWS::StackName}-retraining",
        "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:execution:${RetrainingStateMachine.Name}:*",
    },
    "sagemaker": {"SagemakerEndpointArns"},
    "eks": {"arn:${AWS::Partition}:eks:${AWS::Region}:${AWS::AccountId}:cluster/${ClusterName}"},
    "events": {"arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/default"},
    "secretsmanager": {"SlackSecretArn", "MlflowSecretArn", "PagerdutySecretArn"},
    "sns": {"NotificationTopicArn"},
    "kms": {"KeyArns"},
    "aps": {"arn:${AWS::Partition}:aps:${AWS::Region}:${AWS::AccountId}:workspace/*"},
    "cloudwatch": {"*"},  # metrics have no ARNs
}


def permissions_in(statement: dict[str, Any]) -> set[str]:
    """Its actions; each on the table with the items or the index that it is for."""
    actions = as_list(statement["Action"])
    if not actions[0].startswith("dynamodb:"):
        return set(actions)
    return set().union(*(on(place, *actions) for place in places_in(statement)))


def places_in(statement: dict[str, Any]) -> list[str]:
    index = name_of(statement["Resource"]).partition("/")[2]
    if index:
        return [index]
    (operator, condition), *others = statement["Condition"].items()
    assert not others
    assert operator in ("ForAllValues:StringLike", "ForAllValues:StringEquals")
    keys = list(condition["dynamodb:LeadingKeys"])
    # A batch may have keys of all that one statement names.
    return [" and ".join(sorted(keys))] if as_list(statement["Action"]) == ["dynamodb:BatchGetItem"] else keys


@pytest.mark.parametrize("function", FUNCTIONS)
def test_function_may_do_exactly_what_its_use_case_needs(template: Template, function: str) -> None:
    needed = set().union(*(PERMISSIONS[call] for call in calls_of_function(function)))
    assert {granted for statement in template.statements(function) for granted in permissions_in(statement)} == needed


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_benchmark_builds_every_port_that_a_function_uses(function: str) -> None:
    used = {call.partition(".")[0].rstrip("[") for call in calls_of_function(function)} - {"clock"}
    assert used <= {port.partition(".")[0] for port in PORTS[use_case_of(function)]}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_function_gets_exactly_the_settings_that_its_use_case_needs(template: Template, function: str) -> None:
    calls = calls_of_function(function)
    names = {*calls, *(call.partition(".")[0] for call in calls)}
    needed = set().union(*(SETTINGS[name] for name in names if name in SETTINGS))
    assert template.setting_names(function) == needed | COMMON_SETTINGS


@pytest.mark.parametrize("function", FUNCTIONS)
def test_function_may_touch_only_resources_of_this_deployment(template: Template, function: str) -> None:
    for statement in template.statements(function):
        for action, resource in product(as_list(statement["Action"]), as_list(statement["Resource"])):
            assert name_of(resource) in RESOURCES[action.partition(":")[0]]


def test_functions_may_decrypt_only_the_data_and_the_secrets(template: Template) -> None:
    statements = [statement for function in FUNCTIONS for statement in template.statements(function)]
    conditions = [each["Condition"] for each in statements if each["Action"] == "kms:Decrypt"]
    bucket = "arn:${AWS::Partition}:s3:::${DataBucketName}"
    of_data = {
        "StringEquals": {"kms:ViaService": {"Fn::Sub": "s3.${AWS::Region}.${AWS::URLSuffix}"}},
        "StringLike": {"kms:EncryptionContext:aws:s3:arn": [{"Fn::Sub": bucket}, {"Fn::Sub": f"{bucket}/*"}]},
    }
    of_secrets = [
        {
            "StringEquals": {
                "kms:ViaService": {"Fn::Sub": "secretsmanager.${AWS::Region}.${AWS::URLSuffix}"},
                "kms:EncryptionContext:SecretARN": {"Ref": secret},
            }
        }
        for secret in ("SlackSecretArn", "PagerdutySecretArn", "MlflowSecretArn")
    ]
    allowed = [of_data, *of_secrets]
    assert [condition for condition in conditions if condition not in allowed] == []
    assert [condition for condition in allowed if condition not in conditions] == []


def test_functions_may_publish_events_only_with_the_source_of_their_stage(template: Template) -> None:
    statements = [statement for function in FUNCTIONS for statement in template.statements(function)]
    publishing = [statement for statement in statements if statement["Action"] == "events:PutEvents"]
    assert publishing
    source = {"Fn::Sub": "auto-retrain.${Stage}"}
    assert all(statement["Condition"] == {"StringEquals": {"events:source": source}} for statement in publishing)
    assert template.resources["NotifyRule"]["Properties"]["EventPattern"]["source"] == [source]


def test_state_machine_may_invoke_exactly_the_functions_it_is_given(template: Template) -> None:
    machine = template.resources["RetrainingStateMachine"]["Properties"]
    invoking, logging = template.statements("RetrainingStateMachine")
    assert invoking["Action"] == "lambda:InvokeFunction"
    functions = machine["DefinitionSubstitutions"].values()
    assert sorted(map(name_of, invoking["Resource"])) == sorted(map(name_of, functions))
    assert {action.partition(":")[0] for action in logging["Action"]} == {"logs"}


def test_no_policy_allows_actions_by_a_wildcard(template: Template) -> None:
    for logical_id in template.resources:
        assert not {action for action in template.actions(logical_id) if "*" in action}


def test_each_secret_may_be_read_only_by_the_functions_that_use_it(template: Template) -> None:
    readers: dict[str, set[str]] = {"SlackSecretArn": set(), "PagerdutySecretArn": set(), "MlflowSecretArn": set()}
    for function in FUNCTIONS:
        for statement in template.statements(function):
            if statement["Action"] == "secretsmanager:GetSecretValue":
                readers[name_of(statement["Resource"])].add(function)
    assert readers == {
        "SlackSecretArn": {"NotifyFunction"},
        "PagerdutySecretArn": {"NotifyFunction"},
        "MlflowSecretArn": {
            f"{name}Function"
            for name in (
                *("StartJob", "WatchJobs", "ValidateModel", "DeployModel", "CloseJob"),
                *("WatchRollouts", "WatchChampions", "RollBack", "ProfileData"),
            )
        },
    }

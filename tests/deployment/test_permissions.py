"""Each function has exactly the permissions that its use case needs, and none on other resources."""

import ast
import re
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from local.paths import CORE
from tests.deployment.cloudformation import FUNCTIONS, Template, as_list

USECASES = CORE / "auto_retrain" / "usecases"
READ, WRITE, CHANGE, REMOVE, QUERY = (
    f"dynamodb:{operation}" for operation in ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query")
)

# The AWS permissions that each method of a port needs. A transaction needs the permissions of its parts.
ACTIONS = {
    "policies.get": {READ},
    "policies.fleet": {QUERY},
    "jobs.get": {READ},
    "states.get": {READ},
    "jobs.open_job": {READ, WRITE, CHANGE},
    "jobs.save": {READ, WRITE},
    "jobs.close_job": {READ, WRITE, CHANGE},
    "states.record_drift_check": {CHANGE},
    "states.record_breach": {CHANGE},
    "states.set_quarantine": {READ, CHANGE},
    "waiting.add": {WRITE},
    "waiting.of": {QUERY},
    "waiting.remove": {REMOVE},
    "decisions.record": {WRITE},
    "decisions.recent": {QUERY},
    "sweeps.last": {READ},
    "sweeps.save": {WRITE},
    "jobs.list_active": {QUERY},
    "jobs.list_recent": {QUERY},
    "ledger.current": {QUERY},
    "ledger.append": {WRITE, QUERY},
    "notifications.claim": {WRITE, READ},
    "notifications.confirm": {WRITE},
    "notifications.release": {REMOVE},
    "notifier.send": {"secretsmanager:GetSecretValue"},
    "metrics.read": {"cloudwatch:GetMetricData", "aps:QueryMetrics"},
    "data.list_partitions": {"s3:ListBucket"},
    "data.read": {"s3:GetObject", "s3:ListBucket"},  # the second, to get "not found" for a missing object
    "data.write": {"s3:PutObject"},
    "data.uri": set(),
    "tables.batches": {"s3:GetObject"},
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
    "cluster.explain_failure": {"eks:DescribeCluster"},
    "cluster.log_tail": {"eks:DescribeCluster"},
    "cluster.delete_job": {"eks:DescribeCluster"},
    "traffic.promote": {"secretsmanager:GetSecretValue"},
    "registry.champion": {"secretsmanager:GetSecretValue"},
    "registry.keep_document": {"secretsmanager:GetSecretValue"},
    "registry.version_files": {"secretsmanager:GetSecretValue"},
    "registry.set_champion": {"secretsmanager:GetSecretValue"},
    "registry.tracking_uri": set(),
    "registry.version_tags": {"secretsmanager:GetSecretValue"},
    "clock.now": set(),
    "limits": set(),
}
COMMON_SETTINGS = {
    "STAGE",
    "TABLE_NAME",
    "POWERTOOLS_SERVICE_NAME",
    "POWERTOOLS_LOG_LEVEL",
    "PYDANTIC_DISABLE_PLUGINS",
}
SETTINGS = {
    "metrics": {"PROMETHEUS_URL", "PROMETHEUS_AUTHENTICATION"},
    "data": {"ARTIFACTS_BUCKET"},
    "tables": {"ARTIFACTS_BUCKET"},
    "data.list_partitions": {"DATA_BUCKET"},
    "registry": {"MLFLOW_TRACKING_URI", "MLFLOW_SECRET_ARN"},
    "traffic": {"MLFLOW_TRACKING_URI", "MLFLOW_SECRET_ARN"},
    "cluster": {"CLUSTER_NAME", "CLUSTER_ENDPOINT", "CLUSTER_CA", "JOB_NAMESPACE", "PARALLEL_JOBS"},
    "cluster.start_job": {"JOB_SERVICE_ACCOUNT", "TRAINER_IMAGE"},
    "cluster.start_indexed_job": {"JOB_SERVICE_ACCOUNT", "TRAINER_IMAGE"},
    "executions.start": {"STATE_MACHINE_ARN"},
    "notifier": {"SLACK_SECRET_ARN", "SLACK_ORIGINS"},
    "limits": {"FLEET_CONCURRENT_JOBS", "FLEET_MONTHLY_RETRAININGS"},
}
RESOURCES = {
    "dynamodb": {
        "Table.Arn",
        "${Table.Arn}/index/fleet",
        "${Table.Arn}/index/by_model",
        "${Table.Arn}/index/active_jobs",
    },
    "s3": {
        "arn:${AWS::Partition}:s3:::${DataBucketName}",
        "arn:${AWS::Partition}:s3:::${DataBucketName}/*",
        "ArtifactsBucket.Arn",
        "${ArtifactsBucket.Arn}/jobs/*",
        "${ArtifactsBucket.Arn}/profiles/*",
    },
    "states": {
        "RetrainingStateMachine",
        "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:${AWS::StackName}-retraining",
        "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:execution:${RetrainingStateMachine.Name}:*",
    },
    "eks": {"arn:${AWS::Partition}:eks:${AWS::Region}:${AWS::AccountId}:cluster/${ClusterName}"},
    "events": {"arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/default"},
    "secretsmanager": {"SlackSecretArn", "MlflowSecretArn"},
    "aps": {"arn:${AWS::Partition}:aps:${AWS::Region}:${AWS::AccountId}:workspace/*"},
    "cloudwatch": {"*"},  # metrics have no ARNs
}


def name_of(resource: Any) -> str:
    """A resource as written in the template, without the tag."""
    if isinstance(resource, str):
        return resource
    ((_, value),) = resource.items()
    return ".".join(value) if isinstance(value, list) else str(value)


def use_case_of(function: str) -> str:
    name = function.removesuffix("Function")
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def module_of(use_case: str) -> Path:
    (path,) = USECASES.glob(f"*/{use_case}.py")
    return path


@cache
def definitions_in(path: Path) -> dict[str, ast.stmt]:
    """Functions and classes of a module, by name."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    return {node.name: node for node in ast.parse(path.read_text()).body if isinstance(node, kinds)}


@cache
def imports_in(path: Path) -> dict[str, tuple[Path, str]]:
    """Names that a module imports from other use cases, at any level: file and original name by local name."""
    imports = {}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level and node.module:
            file = path.parents[node.level - 1].joinpath(*node.module.split(".")).with_suffix(".py")
            if file.is_relative_to(USECASES) and file.exists():
                imports.update({alias.asname or alias.name: (file, alias.name) for alias in node.names})
    return imports


def calls_of(path: Path, name: str, seen: set[tuple[Path, str]]) -> set[str]:
    """Every PORT.METHOD that a function calls or value that it reads, itself or through other use cases."""
    if (path, name) in seen or name not in definitions_in(path):
        return set()
    seen.add((path, name))
    source = ast.unparse(definitions_in(path)[name])
    calls = set(re.findall(r"\b_?ports\.(\w+\.\w+|limits\b)", source))
    for used in set(re.findall(r"\b[A-Za-z_]\w*\b", source)) - {name}:
        calls |= calls_of(*imports_in(path).get(used, (path, used)), seen)
    return calls


def calls_of_function(function: str) -> set[str]:
    use_case = use_case_of(function)
    return calls_of(module_of(use_case), use_case, set())


@pytest.mark.parametrize("function", FUNCTIONS)
def test_function_may_do_exactly_what_its_use_case_needs(template: Template, function: str) -> None:
    needed = set().union(*(ACTIONS[call] for call in calls_of_function(function)))
    assert template.actions(function) == needed


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


def test_notify_may_access_only_the_items_about_its_notifications(template: Template) -> None:
    (statement,) = (
        statement
        for statement in template.statements("NotifyFunction")
        if statement["Resource"] == {"Fn::GetAtt": ["Table", "Arn"]}
    )
    assert statement["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["EVENT#*"]}}


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
    readers: dict[str, set[str]] = {"SlackSecretArn": set(), "MlflowSecretArn": set()}
    for function in FUNCTIONS:
        for statement in template.statements(function):
            if statement["Action"] == "secretsmanager:GetSecretValue":
                readers[name_of(statement["Resource"])].add(function)
    assert readers == {
        "SlackSecretArn": {"NotifyFunction"},
        "MlflowSecretArn": {"StartJobFunction", "ValidateModelFunction", "DeployModelFunction"},
    }

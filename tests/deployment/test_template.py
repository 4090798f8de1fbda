"""Properties of every function, rule, parameter and store in the template."""

import pytest

from local.paths import ROOT
from tests.deployment.cloudformation import FUNCTIONS, Template

RULES = {
    "SweepScheduleRule": "SweepModelsFunction",
    "WatchScheduleRule": "WatchJobsFunction",
    "RolloutScheduleRule": "WatchRolloutsFunction",
    "ChampionScheduleRule": "WatchChampionsFunction",
    "RollbackAlarmRule": "RollBackFunction",
    "AnchorScheduleRule": "AnchorAuditFunction",
    "AnchorPromotionRule": "AnchorAuditFunction",
    "NotifyRule": "NotifyFunction",
    "WaitingMessagesRule": "NotifyFunction",
    "DigestScheduleRule": "SendDigestFunction",
    "ReportScheduleRule": "ReportFleetFunction",
    "ExecutionStatusRule": "CloseJobFunction",
    "ModelAlarmRule": "ReceiveAlarmFunction",
}
INVOKED_BY_RULES = {target for target in RULES.values() if target in FUNCTIONS}
READS_METRICS = {"SweepModelsFunction", "CheckTriggersFunction"}
CALLS_THE_NETWORK = {
    f"{name}Function"
    for name in (
        "StartJob",
        "WatchJobs",
        "ValidateModel",
        "DeployModel",
        "CloseJob",
        "WatchRollouts",
        "WatchChampions",
        "RollBack",
        "ProfileData",
    )
}
CALLED_FROM_THE_NETWORK = (
    *("DynamoDB", "S3", "Step Functions", "EventBridge", "EKS", "CloudWatch", "Secrets Manager"),
    *("MLflow", "cluster", "Prometheus"),
)
HEAVY_LAYERS = {
    "DetectDriftFunction": [{"Ref": "NumericLayer"}, {"Ref": "ColumnarLayer"}],
    "CheckDataFunction": [{"Ref": "NumericLayer"}, {"Ref": "ColumnarLayer"}],
    "ProfileDataFunction": [{"Ref": "NumericLayer"}, {"Ref": "ColumnarLayer"}],
    "JudgeProxyFunction": [{"Ref": "NumericLayer"}, {"Ref": "ScientificLayer"}],
    "ValidateModelFunction": [{"Ref": "NumericLayer"}, {"Ref": "ScientificLayer"}],
    "WatchRolloutsFunction": [{"Ref": "NumericLayer"}, {"Ref": "ColumnarLayer"}],
    "SweepModelsFunction": [{"Ref": "NumericLayer"}, {"Ref": "ColumnarLayer"}],
    "CheckTriggersFunction": [{"Ref": "NumericLayer"}, {"Ref": "ColumnarLayer"}],
    "WatchChampionsFunction": [{"Ref": "NumericLayer"}, {"Ref": "ColumnarLayer"}],
}


def test_every_function_has_a_folder_and_every_folder_a_function(template: Template) -> None:
    folders = {file.parent.name for file in (ROOT / "functions").glob("*/app.py")}
    assert set(template.functions) == set(FUNCTIONS)
    assert {function["CodeUri"] for function in template.functions.values()} == {
        f"functions/{folder}/" for folder in folders
    }


def test_folder_of_a_function_contains_only_its_handler(template: Template) -> None:
    for function in template.functions.values():
        files = {file.name for file in (ROOT / function["CodeUri"]).iterdir() if file.name != "__pycache__"}
        assert files == {"app.py"}


def test_every_function_is_traced_and_its_logs_expire(template: Template) -> None:
    shared = template.document["Globals"]["Function"]
    assert shared["Tracing"] == "Active"
    assert shared["LoggingConfig"]["LogGroup"] == {"Ref": "FunctionLogs"}
    for group in template.of_type("AWS::Logs::LogGroup").values():
        assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_every_timeout_is_within_lambdas_limit_and_the_watchers_within_a_minute(template: Template) -> None:
    default = template.document["Globals"]["Function"]["Timeout"]
    timeouts = {name: function.get("Timeout", default) for name, function in template.functions.items()}
    assert all(0 < timeout <= 900 for timeout in timeouts.values())
    assert timeouts["WatchJobsFunction"] < 60
    assert timeouts["WatchRolloutsFunction"] < 60


def test_no_function_reserves_concurrency_because_a_new_account_has_none_to_reserve(template: Template) -> None:
    assert not [name for name, function in template.functions.items() if "ReservedConcurrentExecutions" in function]


def test_heavy_layers_are_attached_only_to_functions_that_use_them(template: Template) -> None:
    assert template.document["Globals"]["Function"]["Layers"] == [{"Ref": "CoreLayer"}, {"Ref": "VendorLayer"}]
    attached = {name: function["Layers"] for name, function in template.functions.items() if "Layers" in function}
    assert attached == HEAVY_LAYERS


def test_functions_that_call_the_cluster_mlflow_or_prometheus_join_the_network_if_there_is_one(
    template: Template,
) -> None:
    members = {name: function["VpcConfig"] for name, function in template.functions.items() if "VpcConfig" in function}
    conditions = {name: network["Fn::If"][0] for name, network in members.items()}
    assert conditions == dict.fromkeys(CALLS_THE_NETWORK, "InVpc") | dict.fromkeys(READS_METRICS, "PrometheusInVpc")


def test_parameters_describe_the_connections_that_these_functions_need(template: Template) -> None:
    described = template.document["Parameters"]["SubnetIds"]["Description"]
    for destination in ("NAT gateway", "VPC endpoints", *CALLED_FROM_THE_NETWORK):
        assert destination in described
    assert "way" in template.document["Parameters"]["SecurityGroupIds"]["Description"]


def test_events_that_a_function_fails_to_handle_go_to_the_dead_letter_queue(template: Template) -> None:
    for name in INVOKED_BY_RULES:
        destination = template.functions[name]["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]
        assert destination == {"Type": "SQS", "Destination": {"Fn::GetAtt": ["DeadLetters", "Arn"]}}


def test_each_rule_has_one_target_with_retries_and_a_dead_letter_queue(template: Template) -> None:
    rules = template.of_type("AWS::Events::Rule")
    assert set(rules) == set(RULES)
    for name, rule in rules.items():
        (target,) = rule["Targets"]
        assert target["Arn"] in ({"Fn::GetAtt": [RULES[name], "Arn"]}, {"Ref": RULES[name]})
        assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["DeadLetters", "Arn"]}}
        assert {"MaximumRetryAttempts", "MaximumEventAgeInSeconds"} == set(target["RetryPolicy"])


def test_each_rule_may_invoke_its_function_and_send_dead_letters(template: Template) -> None:
    permissions = template.of_type("AWS::Lambda::Permission").values()
    of_rules = [permission for permission in permissions if permission["Principal"] == "events.amazonaws.com"]
    allowed = {permission["SourceArn"]["Fn::GetAtt"][0]: permission["FunctionName"]["Ref"] for permission in of_rules}
    assert allowed == {rule: target for rule, target in RULES.items() if target in FUNCTIONS}
    statements = template.resources["DeadLettersPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    (allowing,) = (statement for statement in statements if statement["Effect"] == "Allow")
    sources = {source["Fn::GetAtt"][0] for source in allowing["Condition"]["ArnEquals"]["aws:SourceArn"]}
    assert sources == set(RULES)


def test_execution_status_rule_matches_every_failed_end_of_our_own_executions(template: Template) -> None:
    detail = template.of_type("AWS::Events::Rule")["ExecutionStatusRule"]["EventPattern"]["detail"]
    assert detail == {
        "stateMachineArn": [{"Ref": "RetrainingStateMachine"}],
        "status": ["ABORTED", "TIMED_OUT", "FAILED"],
    }


def test_only_alarms_of_this_account_may_invoke_the_function_directly(template: Template) -> None:
    permission = template.of_type("AWS::Lambda::Permission")["AlarmActionPermission"]
    assert permission["Principal"] == "lambda.alarms.cloudwatch.amazonaws.com"
    assert permission["FunctionName"] == {"Ref": "ReceiveAlarmFunction"}
    assert permission["SourceAccount"] == {"Ref": "AWS::AccountId"}
    assert permission["SourceArn"]["Fn::Sub"].endswith(":${AWS::AccountId}:alarm:*")


@pytest.mark.parametrize(("rule", "word"), [("ModelAlarmRule", "model"), ("RollbackAlarmRule", "rollback")])
def test_alarm_rules_match_only_alarms_about_models_of_this_stage(template: Template, rule: str, word: str) -> None:
    detail = template.of_type("AWS::Events::Rule")[rule]["EventPattern"]["detail"]
    assert detail["alarmName"] == [{"prefix": {"Fn::Sub": f"auto-retrain-${{Stage}}-{word}-"}}]
    # Other states arrive as well; the function ignores them and says why.
    assert set(detail) == {"alarmName"}


def test_state_machine_gets_every_function_that_it_names(template: Template) -> None:
    machine = template.resources["RetrainingStateMachine"]["Properties"]
    definition = (ROOT / machine["DefinitionUri"]).read_text()
    for placeholder, value in machine["DefinitionSubstitutions"].items():
        assert value == {"Fn::GetAtt": [placeholder.removesuffix("Arn"), "Arn"]}
        assert f"${{{placeholder}}}" in definition
    assert definition.count("${") == sum(
        definition.count(f"${{{placeholder}}}") for placeholder in machine["DefinitionSubstitutions"]
    )


def test_execution_logs_contain_no_data(template: Template) -> None:
    logging = template.resources["RetrainingStateMachine"]["Properties"]["Logging"]
    assert (logging["Level"], logging["IncludeExecutionData"]) == ("ERROR", False)


def test_stores_outlive_the_stack_and_are_encrypted(template: Template) -> None:
    table, bucket = template.resources["Table"], template.resources["ArtifactsBucket"]
    assert {table["DeletionPolicy"], bucket["DeletionPolicy"]} == {"RetainExceptOnCreate"}
    assert {table["UpdateReplacePolicy"], bucket["UpdateReplacePolicy"]} == {"Retain"}
    assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["Properties"]["SSESpecification"] == {"SSEEnabled": True}
    assert "BucketEncryption" in bucket["Properties"]
    assert all(bucket["Properties"]["PublicAccessBlockConfiguration"].values())


@pytest.mark.parametrize("resource", ["ArtifactsBucketPolicy", "DeadLettersPolicy"])
def test_bucket_and_queue_require_tls(template: Template, resource: str) -> None:
    statements = template.resources[resource]["Properties"]["PolicyDocument"]["Statement"]
    denied = [statement for statement in statements if statement["Effect"] == "Deny"]
    assert [statement["Condition"] for statement in denied] == [{"Bool": {"aws:SecureTransport": "false"}}]


def test_every_parameter_has_a_description_limits_and_a_group(template: Template) -> None:
    parameters = template.document["Parameters"]
    groups = template.document["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert sorted(name for group in groups for name in group["Parameters"]) == sorted(parameters)
    limits = {"AllowedPattern", "AllowedValues", "MaxValue"}
    for name, parameter in parameters.items():
        assert parameter["Description"], name
        assert limits & set(parameter), name

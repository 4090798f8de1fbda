"""A SAM template is deployed as it is, or refused."""

from pathlib import Path

import pytest

from local.aws.sam_build import Build, splice

from .conftest import TEMPLATE, App


def test_directories_are_used_where_they_are(app: App) -> None:
    build = Build(TEMPLATE)

    assert build.directories["GreetingLayer"] == TEMPLATE.parent / "layer"
    assert build.directories["WorkerFunction"] == TEMPLATE.parent / "src"


def test_alarms_and_failure_destinations_exist_after_deployment(app: App) -> None:
    alarms = app.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert [(alarm["AlarmName"], alarm["Threshold"]) for alarm in alarms] == [("accuracy-of-churn", 0.9)]

    config = app.client("lambda").get_function_event_invoke_config(FunctionName=app.outputs["WorkerName"])
    assert config["MaximumRetryAttempts"] == 1
    assert config["DestinationConfig"]["OnFailure"]["Destination"].startswith("arn:aws:sqs:")


def test_context_references_in_a_definition_are_left_alone() -> None:
    spliced = splice('{"name.$": "$$.Execution.Name", "arn": "${Arn}"}', {"Arn": {"Fn::GetAtt": ["F", "Arn"]}})

    parts = ['{"name.$": "$$.Execution.Name", "arn": "', {"Fn::GetAtt": ["F", "Arn"]}, '"}']
    assert spliced == {"Fn::Join": ["", parts]}


def test_a_placeholder_without_a_substitution_is_an_error() -> None:
    with pytest.raises(KeyError, match="Missing"):
        splice('{"arn": "${Missing}"}', {})


def test_a_resource_that_moto_would_leave_out_is_an_error(app: App, tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text("Resources: {Timer: {Type: AWS::Scheduler::Schedule, Properties: {}}}")

    with pytest.raises(NotImplementedError, match="AWS::Scheduler::Schedule"):
        app.account.deploy(template, "other", {})

"""Whatever can go wrong with the pipeline itself sets off an alarm."""

from typing import Any

import pytest

from auto_retrain.domain.messages.auditing import AuditAnchored
from tests.deployment.cloudformation import Template

EXECUTIONS = {
    "FailedExecutionsAlarm": "ExecutionsFailed",
    "TimedOutExecutionsAlarm": "ExecutionsTimedOut",
    "AbortedExecutionsAlarm": "ExecutionsAborted",
    "ThrottledExecutionsAlarm": "ExecutionThrottled",
}
SILENCE = {
    "WatcherSilenceAlarm": "WatchJobsFunction",
    "SweepSilenceAlarm": "SweepModelsFunction",
    "RolloutSilenceAlarm": "WatchRolloutsFunction",
    "ChampionSilenceAlarm": "WatchChampionsFunction",
}


@pytest.fixture(scope="module")
def alarms(template: Template) -> dict[str, dict[str, Any]]:
    return template.of_type("AWS::CloudWatch::Alarm")


@pytest.mark.parametrize(("name", "metric"), EXECUTIONS.items())
def test_an_alarm_goes_off_for_each_bad_end_of_an_execution(
    alarms: dict[str, dict[str, Any]], name: str, metric: str
) -> None:
    alarm = alarms[name]
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("AWS/States", metric, "Sum")
    assert alarm["Dimensions"] == [{"Name": "StateMachineArn", "Value": {"Ref": "RetrainingStateMachine"}}]
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (1, "GreaterThanOrEqualToThreshold")


@pytest.mark.parametrize(("name", "function"), SILENCE.items())
def test_an_alarm_goes_off_when_a_scheduled_function_falls_silent(
    alarms: dict[str, dict[str, Any]], name: str, function: str
) -> None:
    alarm = alarms[name]
    assert (alarm["MetricName"], alarm["Statistic"]) == ("Invocations", "Sum")
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": function}}]
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (1, "LessThanThreshold")


def test_an_alarm_goes_off_when_the_chains_are_not_anchored_for_two_hours(alarms: dict[str, dict[str, Any]]) -> None:
    """Whether the function does not run or fails: it counts only when it has done its work."""
    alarm = alarms["AnchorSilenceAlarm"]
    (metric,) = AuditAnchored(sequence=1, heads=0, written=False).metrics
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("AutoRetrain/Pipeline", metric, "Sum")
    assert alarm["Period"] * alarm["EvaluationPeriods"] == 2 * 3600
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (1, "LessThanThreshold")


def test_only_silence_is_alarming_when_there_are_no_data(alarms: dict[str, dict[str, Any]]) -> None:
    alarming = {name for name, alarm in alarms.items() if alarm["TreatMissingData"] == "breaching"}
    assert alarming == {*SILENCE, "AnchorSilenceAlarm"}
    assert {alarm["TreatMissingData"] for alarm in alarms.values()} == {"breaching", "notBreaching"}


def test_the_silence_of_the_sweep_is_counted_in_minutes_of_at_most_a_day(
    template: Template, alarms: dict[str, dict[str, Any]]
) -> None:
    alarm, parameter = alarms["SweepSilenceAlarm"], template.document["Parameters"]["SweepSilenceMinutes"]
    assert (alarm["Period"], alarm["EvaluationPeriods"]) == (60, {"Ref": "SweepSilenceMinutes"})
    assert parameter["MaxValue"] * 60 <= 86_400  # CloudWatch's own limit
    assert parameter["Default"] > 5  # between two sweeps of the default SweepSchedule


def test_an_alarm_goes_off_when_a_function_that_events_invoke_has_to_wait(
    template: Template, alarms: dict[str, dict[str, Any]]
) -> None:
    total, *parts = alarms["ThrottledFunctionsAlarm"]["Metrics"]
    metrics = [part["MetricStat"]["Metric"] for part in parts]
    invoked = {name for name, function in template.functions.items() if "EventInvokeConfig" in function}
    # A function that nothing invoked has no data.
    assert (total["Expression"], total["ReturnData"]) == ("SUM(FILL(METRICS(), 0))", True)
    assert {metric["Dimensions"][0]["Value"]["Ref"] for metric in metrics} == invoked
    assert {(metric["Namespace"], metric["MetricName"]) for metric in metrics} == {("AWS/Lambda", "Throttles")}


def test_every_alarm_notifies_the_topic(alarms: dict[str, dict[str, Any]]) -> None:
    topic = {"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}
    assert [name for name, alarm in alarms.items() if alarm["AlarmActions"] != topic] == []

"""One contract for each hook: what AWS does, and what moto does not do without the hook."""

import inspect
import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any
from unittest.mock import Mock, patch
from urllib.parse import urlsplit

import moto.backends
import pytest
from botocore.exceptions import ClientError
from moto.core.serialize import AttributePicker
from moto.dynamodb.models.table import Table
from moto.stepfunctions.parser.asl.antlr.runtime.ASLParser import ASLParser
from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import TimeoutSeconds

from .conftest import PATIENCE_SECONDS, App

# ------------------------------------------------------------------------------------------------ all services


def test_the_service_of_a_request_is_looked_up_once(app: App) -> None:  # find_each_service_once
    app.client("sqs").list_queues()

    with patch.object(moto.backends, "list_of_moto_modules", side_effect=AssertionError("looked up again")):
        assert app.client("sqs").list_queues()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_the_actions_of_a_service_are_listed_once(app: App) -> None:  # list_the_actions_of_a_service_once
    app.client("sqs").list_queues()

    with patch.object(inspect, "getmembers", side_effect=AssertionError("listed again")):
        assert app.client("sqs").list_queues()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_a_connection_is_kept_for_the_next_request(app: App) -> None:  # keep_connections_open
    headers = {"Authorization": "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/s3/aws4_request"}
    with closing(HTTPConnection(urlsplit(app.account.endpoint).netloc)) as connection:
        for method in ("GET", "HEAD", "GET"):
            connection.request(method, "/no-such-bucket/key", b"a body that nobody reads", headers)
            answer = connection.getresponse()
            answer.read()

            assert (answer.status, answer.will_close) == (404, False)


def test_where_a_member_of_an_answer_may_be_is_worked_out_once(app: App) -> None:  # know_where_a_member_is
    database, table, key = app.client("dynamodb"), app.outputs["TableName"], {"pk": {"S": "typed"}, "sk": {"S": "x"}}
    texts: Any = {"SS": ["a", "b"]}
    inside: Any = {"M": {"one": {"N": "1"}, "list": {"L": [{"BOOL": False}, {"NULL": True}, {"B": b"bytes"}, texts]}}}
    database.put_item(TableName=table, Item={**key, "nested": inside})
    database.get_item(TableName=table, Key=key)

    with patch.object(AttributePicker, "get_possible_keys", side_effect=AssertionError("worked out again")):
        answer = database.get_item(TableName=table, Key=key)

    assert answer["Item"] == {**key, "nested": inside}


# ------------------------------------------------------------------------------------------------ Step Functions


def test_an_execution_runs_its_tasks(app: App) -> None:  # interpret_state_machines, create_executable_state_machines
    described = app.run({"task": "call", "do": "echo"})

    assert described["status"] == "SUCCEEDED"
    assert json.loads(described["output"])["result"]["greeting"] == "hello from the layer"


def test_a_definition_is_parsed_once(app: App) -> None:  # parse_each_definition_once
    app.run({"task": "call"})

    with patch.object(ASLParser, "state_machine", side_effect=AssertionError("parsed again")):
        assert app.run({"task": "call"})["status"] == "SUCCEEDED"


def test_tasks_share_a_client(app: App) -> None:  # share_clients_between_tasks
    with patch("boto3.client", side_effect=AssertionError("made another client")):
        assert app.run({"task": "call"})["status"] == "SUCCEEDED"


def test_executions_without_a_name_get_one_each(app: App) -> None:  # start_executions_one_at_a_time
    first, second = app.start({"task": "call"}), app.start({"task": "call"})

    assert first != second


def test_one_name_started_by_many_callers_is_one_execution(app: App) -> None:  # start_executions_one_at_a_time
    with ThreadPoolExecutor(8) as callers:
        started = set(
            callers.map(lambda _: app.start({"task": "pause", "seconds": 50}, name="by-many-callers"), range(8))
        )

    assert len(started) == 1
    running = app.client("stepfunctions").list_executions(stateMachineArn=app.outputs["MachineArn"])["executions"]
    assert [execution["name"] for execution in running].count("by-many-callers") == 1


def test_start_and_end_of_an_execution_are_announced(
    app: App,
) -> None:  # announce_started_executions, announce_ended_executions
    execution = app.run({"task": "call", "do": "fail"}, name="announced")["executionArn"]

    events = app.recorded(lambda event: execution in event["resources"])
    started, ended = sorted(events, key=lambda event: event["detail"]["status"] != "RUNNING")
    assert ended["source"] == "aws.states"
    assert ended["detail-type"] == "Step Functions Execution Status Change"
    assert started["detail"]["status"] == "RUNNING"
    assert started["detail"]["stopDate"] is None
    assert ended["detail"]["status"] == "FAILED"
    assert ended["detail"]["error"] == "AskedToFail"
    assert ended["detail"]["name"] == "announced"
    assert ended["detail"]["stateMachineArn"] == app.outputs["MachineArn"]
    assert json.loads(ended["detail"]["input"]) == {"task": "call", "do": "fail"}
    assert ended["detail"]["stopDate"] >= ended["detail"]["startDate"]


def test_an_execution_is_aborted_while_it_waits_for_a_token(app: App) -> None:  # stop_executions_at_once
    execution = app.start({"task": "wait", "actions": []})
    task_token(app, execution)

    app.client("stepfunctions").stop_execution(executionArn=execution, error="Cancelled", cause="by an operator")

    described = app.describe(execution)
    assert (described["status"], described["error"], described["cause"]) == ("ABORTED", "Cancelled", "by an operator")
    events = app.recorded(lambda event: execution in event["resources"] and event["detail"]["status"] != "RUNNING")
    assert [event["detail"]["status"] for event in events] == ["ABORTED"]


def test_a_step_that_is_aborted_as_it_begins_leaves_a_history_that_can_be_read(
    app: App,
) -> None:  # record_no_timeout_that_was_not_worked_out
    stopped = Mock(stack=[{"input": "of the step"}], is_running=lambda: False)

    TimeoutSeconds(60).eval(stopped)

    assert isinstance(stopped.stack.pop(), int)


def test_the_cause_of_a_failed_task_reaches_the_execution(app: App) -> None:  # keep_the_cause_of_task_failures
    execution = app.start({"task": "wait", "actions": []})

    app.client("stepfunctions").send_task_failure(
        taskToken=task_token(app, execution), error="Evicted", cause="node drained"
    )

    app.account.activity.wait_until_idle(PATIENCE_SECONDS)
    assert json.loads(app.describe(execution)["output"])["error"] == {"Error": "Evicted", "Cause": "node drained"}


def test_a_callback_may_arrive_before_the_function_has_returned(app: App) -> None:  # accept_early_callbacks
    described = app.run({"task": "wait", "actions": ["SendTaskHeartbeat", "SendTaskSuccess"]})

    assert json.loads(described["output"])["answer"] == {}


def test_waits_take_a_fraction_of_their_time(app: App) -> None:  # scale_time
    assert app.run({"task": "pause", "seconds": 100})["status"] == "SUCCEEDED"


def task_token(app: App, execution: str) -> str:
    """The token of the task that the execution waits for, once its function has returned."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        events = app.client("stepfunctions").get_execution_history(executionArn=execution)["events"]
        if any(event["type"] == "TaskSubmitted" for event in events):
            scheduled = next(event for event in events if event["type"] == "TaskScheduled")
            parameters = json.loads(scheduled["taskScheduledEventDetails"]["parameters"])
            return str(parameters["Payload"]["token"])
        time.sleep(0.01)
    raise TimeoutError("the task was not submitted in time")


# ------------------------------------------------------------------------------------------------ Lambda


def test_a_function_runs_and_its_error_is_marked(app: App) -> None:  # invoke_functions
    answer = app.invoke({"do": "fail"})

    assert answer["FunctionError"] == "Unhandled"
    assert json.loads(answer["Payload"].read())["errorType"] == "AskedToFail"


def test_an_asynchronous_invocation_is_accepted_at_once_and_retried(app: App) -> None:  # invoke_functions
    started = time.monotonic()
    answer = app.invoke({"do": "sleep", "seconds": 30, "why": "to time out"}, InvocationType="Event")

    assert time.monotonic() - started < 1.5
    assert answer["StatusCode"] == 202
    letter = app.dead_letters()[0]
    assert letter["requestPayload"]["why"] == "to time out"
    assert letter["requestContext"]["approximateInvokeCount"] == 2
    assert letter["responsePayload"]["errorType"] == "Sandbox.Timedout"


# ------------------------------------------------------------------------------------------------ EventBridge


def test_an_event_starts_a_state_machine(app: App) -> None:  # deliver_events
    detail = {"task": "call", "marker": "by-event"}
    entry = {
        "Source": "tests",
        "DetailType": "start",
        "Detail": json.dumps(detail),
        "Time": datetime(2013, 3, 1, tzinfo=UTC),
    }

    assert app.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0

    started = app.recorded(lambda event: "by-event" in event["detail"].get("input", ""))
    event = json.loads(started[0]["detail"]["input"])
    assert event["detail"] == detail
    assert event["time"] == "2013-03-01T00:00:00Z"
    assert started[0]["detail"]["name"].startswith(event["id"])


# ------------------------------------------------------------------------------------------------ CloudWatch


def put_accuracy(app: App, day: int, value: float, namespace: str = "Models", model: str = "churn") -> None:
    datum = {
        "MetricName": "accuracy",
        "Dimensions": [{"Name": "model", "Value": model}],
        "Timestamp": datetime(2013, 1, day, 12, tzinfo=UTC),
        "StatisticValues": {"SampleCount": 100, "Sum": 100 * value, "Minimum": 0, "Maximum": 1},
    }
    app.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=[datum])


def test_an_alarm_goes_off_at_the_time_of_its_data(app: App) -> None:  # evaluate_alarms
    for day, value in enumerate([0.95, 0.85, 0.95, 0.8], start=1):
        put_accuracy(app, day, value)

    events = app.recorded(lambda event: event["source"] == "aws.cloudwatch")
    assert [(event["time"], event["detail"]["state"]["value"]) for event in events] == [
        ("2013-01-04T12:00:00Z", "ALARM")
    ]
    detail = events[0]["detail"]
    assert detail["alarmName"] == "accuracy-of-churn"
    assert detail["previousState"]["value"] == "OK"
    metric = detail["configuration"]["metrics"][0]["metricStat"]["metric"]
    assert metric == {"namespace": "Models", "name": "accuracy", "dimensions": {"model": "churn"}}


def test_data_of_two_namespaces_are_not_mixed(app: App) -> None:  # read_exactly_one_metric
    for day in (1, 2):
        put_accuracy(app, day, 0.5 * day, model="apart")
        put_accuracy(app, day, 0.0, model="apart", namespace="Shadow")

    assert read_metric(app, "Average") == [0.75]
    assert read_metric(app, "SampleCount") == [200]
    assert read_metric(app, "Sum") == [150]


def read_metric(app: App, statistic: str) -> list[float]:
    start = datetime(2013, 1, 1, tzinfo=UTC)
    metric = {"Namespace": "Models", "MetricName": "accuracy", "Dimensions": [{"Name": "model", "Value": "apart"}]}
    query = {"Id": "q", "MetricStat": {"Metric": metric, "Period": 30 * 86400, "Stat": statistic}}
    answer = app.client("cloudwatch").get_metric_data(
        MetricDataQueries=[query], StartTime=start, EndTime=start + timedelta(days=30)
    )
    return list(answer["MetricDataResults"][0]["Values"])


# ------------------------------------------------------------------------------------------------ DynamoDB


def test_concurrent_updates_all_count(
    app: App, many_thread_switches: None
) -> None:  # serve_dynamodb_requests_one_at_a_time
    database, table = app.client("dynamodb"), app.outputs["TableName"]
    key = {"pk": {"S": "counter"}, "sk": {"S": "x"}}

    def count(_: int) -> None:
        database.update_item(
            TableName=table,
            Key=key,
            UpdateExpression="ADD hits :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )

    with ThreadPoolExecutor(8) as callers:
        list(callers.map(count, range(400)))

    assert database.get_item(TableName=table, Key=key)["Item"]["hits"] == {"N": "400"}


@pytest.fixture
def many_thread_switches() -> Iterator[None]:
    """Makes a race that can happen almost certain to happen."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def test_a_cancelled_transaction_changes_nothing(app: App) -> None:  # roll_back_only_the_transaction
    database, table = app.client("dynamodb"), app.outputs["TableName"]
    for name in ("to-be-replaced", "to-be-deleted", "in-the-way"):
        put_item(app, name)

    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        database.transact_write_items(
            TransactItems=[
                put(table, "new"),
                {"Put": {"TableName": table, "Item": item("to-be-replaced") | {"changed": {"BOOL": True}}}},
                {"Delete": {"TableName": table, "Key": {"pk": {"S": "to-be-deleted"}, "sk": {"S": "x"}}}},
                put(table, "in-the-way", condition=True),
            ]
        )

    items = {name["pk"]["S"]: name for name in database.scan(TableName=table)["Items"]}
    assert "new" not in items
    assert items["to-be-replaced"] == item("to-be-replaced")
    assert items["to-be-deleted"] == item("to-be-deleted")


def test_a_transaction_does_not_cost_more_in_a_large_table(app: App) -> None:  # roll_back_only_the_transaction
    database, table = app.client("dynamodb"), app.outputs["TableName"]
    for batch in range(40):
        requests = [{"PutRequest": {"Item": item(f"large-{batch}-{number}")}} for number in range(25)]
        database.batch_write_item(RequestItems={table: requests})

    started = time.monotonic()
    for _ in range(5):
        database.transact_write_items(TransactItems=[put(table, "quick")])
    transactions = time.monotonic() - started
    started = time.monotonic()
    for _ in range(5):
        database.put_item(TableName=table, Item=item("quick"))
    assert transactions < 5 * (time.monotonic() - started)


def test_a_query_reads_only_its_partition(app: App) -> None:  # query_only_the_items_asked_for
    for name in ("asked-for", "another"):
        put_item(app, name)

    with patch.object(Table, "all_items", side_effect=AssertionError("read the whole table")):
        answer = app.client("dynamodb").query(
            TableName=app.outputs["TableName"],
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": "asked-for"}},
        )

    assert answer["Items"] == [item("asked-for")]


def item(name: str) -> dict[str, Any]:
    return {"pk": {"S": name}, "sk": {"S": "x"}, **{f"attribute_{number}": {"S": "value"} for number in range(20)}}


def put(table: str, name: str, condition: bool = False) -> dict[str, Any]:
    operation: dict[str, Any] = {"TableName": table, "Item": item(name)}
    return {"Put": operation | ({"ConditionExpression": "attribute_not_exists(pk)"} if condition else {})}


def put_item(app: App, name: str) -> None:
    app.client("dynamodb").put_item(TableName=app.outputs["TableName"], Item=item(name))

"""Events and executions: what is sent, and how answers are handled."""

import json
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError

from auto_retrain.adapters.eventbridge import EventBridgeBus
from auto_retrain.adapters.step_functions import StepFunctionsExecutions
from auto_retrain.domain.errors import EventsUnavailable, ExecutionsUnavailable, SettingMissing
from auto_retrain.domain.events import FactEvent
from tests.aws_clients import aws_client
from tests.unit.builders import NOON

EVENT = FactEvent(
    event_id="churn-taken-back-3",
    kind="version_taken_back",
    topic="version_taken_back",
    severity="loud",
    model_name="churn",
    at=NOON,
    sentence="ada took back version 3 of churn",
    fact={"versions": ["3"]},
)


def test_an_event_reaches_the_bus(aws: None) -> None:
    EventBridgeBus(aws_client("events"), "dev").publish(EVENT)


class Bus:
    """A client of EventBridge that keeps all entries, or does not answer while it is away."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.away = False
        self.calls = 0

    def put_events(self, **request: list[dict[str, Any]]) -> dict[str, Any]:
        self.calls += 1
        if self.away:
            raise ConnectTimeoutError(endpoint_url="https://events")
        self.entries += request["Entries"]
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}


def test_an_event_has_the_kind_and_the_time_of_its_fact() -> None:
    bus = Bus()
    EventBridgeBus(bus, "dev").publish(EVENT)
    (entry,) = bus.entries
    assert (entry["Source"], entry["DetailType"], entry["Time"]) == ("auto-retrain.dev", "version_taken_back", NOON)
    detail = json.loads(entry["Detail"])
    assert (detail["version"], detail["severity"], detail["fact"]) == (1, "loud", {"versions": ["3"]})


def test_while_the_bus_is_away_only_what_people_have_to_know_is_tried() -> None:
    bus = Bus()
    bus.away = True
    events = EventBridgeBus(bus, "dev")
    for event in (EVENT, EVENT.changed(severity="quiet"), EVENT.changed(severity="quiet"), EVENT):
        with pytest.raises(EventsUnavailable):
            events.publish(event)
    assert bus.calls == 2
    bus.away = False
    events.publish(EVENT)
    events.publish(EVENT.changed(severity="quiet"))
    assert len(bus.entries) == 2


def test_a_fact_that_is_too_large_for_the_bus_is_published_without_its_fields() -> None:
    large = EVENT.changed(fact={"champions": ["€" * 100_000]})
    assert large.fitting().fact is None
    assert EVENT.fitting() is EVENT


def test_an_event_that_the_bus_does_not_accept_is_an_error() -> None:
    class Full:
        def put_events(self, **_: Any) -> dict[str, Any]:
            return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure"}]}

    with pytest.raises(EventsUnavailable, match="InternalFailure"):
        EventBridgeBus(Full(), "dev").publish(EVENT)


@pytest.fixture
def machine(aws: None) -> tuple[Any, str]:
    client = aws_client("stepfunctions")
    definition = json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}})
    role = "arn:aws:iam::123456789012:role/any"
    arn = client.create_state_machine(name="retraining", definition=definition, roleArn=role)["stateMachineArn"]
    return client, arn


def test_an_execution_of_one_name_is_started_once(machine: tuple[Any, str]) -> None:
    executions = StepFunctionsExecutions(*machine)
    first = executions.start("churn-1", {"model_name": "churn"})
    assert first is not None
    assert executions.start("churn-1", {"model_name": "churn", "event_time": "later"}) is None


def test_an_unknown_execution_counts_as_ended(machine: tuple[Any, str]) -> None:
    client, arn = machine
    executions = StepFunctionsExecutions(client, arn)
    started = executions.start("churn-2", {"model_name": "churn"})
    assert started is not None
    assert not executions.has_ended(started)
    client.stop_execution(executionArn=started)
    assert executions.has_ended(started)
    assert executions.has_ended(started + "-not")


def test_starting_without_a_state_machine_names_the_variable_to_set() -> None:
    with pytest.raises(SettingMissing, match="STATE_MACHINE_ARN"):
        StepFunctionsExecutions(None, None).start("churn-1", {})


class Answering:
    """A Step Functions client that refuses every token with one error."""

    def __init__(self, code: str, status: int = 400) -> None:
        real = aws_client("stepfunctions")
        metadata = {"HTTPStatusCode": status}
        error = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": metadata}
        self.error = real.exceptions.ClientError(error, "SendTask")

    def refuse(self, **_: Any) -> None:
        raise self.error

    send_task_success = send_task_failure = send_task_heartbeat = refuse


@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
def test_answering_a_token_that_no_state_waits_for_is_not_an_error(code: str) -> None:
    executions = StepFunctionsExecutions(Answering(code), "arn")
    executions.succeed("token", {})
    executions.fail("token", "TrainingFailed", "reason")
    assert not executions.heartbeat("token")


def test_a_throttled_answer_is_a_transient_error() -> None:
    with pytest.raises(ExecutionsUnavailable):
        StepFunctionsExecutions(Answering("ThrottlingException"), "arn").succeed("token", {})

"""Events, executions and Slack: what is sent, and how answers are handled."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from auto_retrain.adapters.channels.slack import SlackNotifier
from auto_retrain.adapters.eventbridge import EventBridgeBus
from auto_retrain.adapters.step_functions import StepFunctionsExecutions
from auto_retrain.domain.errors import EventsUnavailable, ExecutionsUnavailable, NotificationFailed, SettingMissing
from auto_retrain.domain.events import JobEvent
from tests.aws_clients import aws_client
from tests.unit.builders import NOON
from tests.webhook import Webhook

EVENT = JobEvent(event_id="j-started", kind="started", job_id="j", model_name="churn", text="Retraining", at=NOON)


def test_an_event_reaches_the_bus(aws: None) -> None:
    EventBridgeBus(aws_client("events"), "dev").publish(EVENT)


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


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as webhook:
        yield webhook


def notifier(url: str, *origins: str) -> SlackNotifier:
    class Secrets:
        def get_secret_value(self, **_: str) -> dict[str, str]:
            return {"SecretString": url + "\n"}

    return SlackNotifier(Secrets(), "arn", frozenset(origins))


def test_a_text_is_posted_with_its_markup_escaped(webhook: Webhook) -> None:
    notifier(f"{webhook.origin}/services/T/B/canary", webhook.origin).send("<!channel> a & b")
    assert webhook.received == [{"text": "&lt;!channel&gt; a &amp; b"}]


@pytest.mark.parametrize("answer", [302, 404, 429, 500])
def test_an_answer_other_than_ok_is_an_error_that_does_not_reveal_the_secret(webhook: Webhook, answer: int) -> None:
    webhook.answer = answer
    with pytest.raises(NotificationFailed, match=str(answer)) as caught:
        notifier(f"{webhook.origin}/services/T/B/canary", webhook.origin).send("text")
    assert "canary" not in str(caught.value)
    assert len(webhook.received) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.slack.com/services/canary",
        "https://hooks.slack.com.evil.example/services/canary",
        "https://user@hooks.slack.com/services/canary",
        "https://hooks.slack.com:22/services/canary",
        "https://169.254.169.254/latest/canary",
        "http://[::1]/canary",
        "file:///etc/canary",
        "gopher://hooks.slack.com/canary",
        "canary",
    ],
)
def test_a_webhook_at_another_origin_is_not_called(url: str) -> None:
    with pytest.raises(NotificationFailed, match=r"not at an allowed origin; SLACK_ORIGINS = https://hooks") as caught:
        notifier(url, "https://hooks.slack.com").send("text")
    assert "canary" not in str(caught.value)


def test_a_webhook_without_tls_is_not_called_even_at_an_allowed_origin() -> None:
    with pytest.raises(NotificationFailed, match="must be an https address") as caught:
        notifier("http://chat.example/canary", "http://chat.example").send("text")
    assert "canary" not in str(caught.value)


def test_the_error_of_a_webhook_that_does_not_answer_does_not_reveal_the_secret() -> None:
    with pytest.raises(NotificationFailed, match="ConnectionError") as caught:
        notifier("http://127.0.0.1:9/canary", "http://127.0.0.1:9").send("text")
    assert "canary" not in str(caught.value)

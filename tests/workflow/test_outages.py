"""Without MLflow: the failure has a reason, Slack is notified, the model is free, and the secret stays secret."""

from collections.abc import Iterator
from typing import Any

import pytest

from local.stack import LocalStack
from tests.webhook import Webhook
from tests.workflow.stored import everything_written
from tests.workflow.world import IMAGES, TINY_IMAGE, World

CANARY = "canary-T0K3N"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:slack-webhook"


@pytest.fixture(scope="module")
def webhook() -> Iterator[Webhook]:
    with Webhook() as webhook:
        yield webhook


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, webhook: Webhook) -> Iterator[World]:
    parameters = {
        "TrainerImage": TINY_IMAGE,
        "MlflowTrackingUri": "http://127.0.0.1:9",
        "SlackSecretArn": SECRET,
        "SlackOrigins": webhook.origin,
    }
    directory = tmp_path_factory.mktemp("outage") / "stack"
    with LocalStack(directory, parameters=parameters, images=IMAGES, time_scale=0.001, report=lambda _: None) as stack:
        secret = f"{webhook.origin}/services/{CANARY}"
        stack.client("secretsmanager").create_secret(Name="slack-webhook", SecretString=secret)
        yield World(stack)


def test_an_unavailable_registry_is_retried_and_then_named(world: World, webhook: Webhook) -> None:
    model = world.given_model()
    ended = world.retrain(model)
    attempts = [event for event in world.history(ended.arn) if event["type"] == "TaskFailed"]
    assert ended.status == "FAILED"
    assert len(attempts) == 9
    assert "RegistryUnavailable: MLflow at http://127.0.0.1:9 did not answer" in ended.cause
    assert world.is_free(model)
    assert webhook.texts[0].startswith(f"Retraining {model} failed: ")


def test_notifications_that_cannot_be_sent_change_nothing(world: World, webhook: Webhook) -> None:
    model = world.given_model()
    webhook.answer = 500
    ended = world.retrain(model)
    webhook.answer = 200
    assert ended.status == "FAILED"
    assert world.is_free(model)
    assert f"Retraining {model} failed: " in str(waiting(world))


def waiting(world: World) -> list[dict[str, Any]]:
    """The messages that wait for Slack."""
    items = world.stack.client("dynamodb").query(
        TableName=world.stack.outputs["TableName"],
        KeyConditionExpression="pk = :channel",
        ExpressionAttributeValues={":channel": {"S": "OUTBOX#slack"}},
    )["Items"]
    return list(items)


def test_the_secret_is_nowhere_but_in_the_secrets_manager(world: World) -> None:
    ended = world.retrain(world.given_model())
    texts = everything_written(world, ended.arn)
    assert len(texts) > 10
    assert not [text for text in texts if CANARY in text]


def test_no_task_token_is_logged(world: World) -> None:
    started = [
        event["taskScheduledEventDetails"]["parameters"]
        for arn in [world.retrain(world.given_model()).arn]
        for event in world.history(arn)
        if "taskScheduledEventDetails" in event
    ]
    assert started
    logs = "".join(file.read_text(errors="replace") for file in world.stack.logs.glob("StartJobFunction*.log"))
    assert "RegistryUnavailable" in logs
    assert "task_token" not in logs

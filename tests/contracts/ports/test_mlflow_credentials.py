"""Credentials for MLflow: by reference, read late and once, renewed when they are refused, and never shown."""

import json
import logging
import traceback
from base64 import b64encode
from typing import Any

import pytest

from auto_retrain.adapters.mlflow import MlflowRegistry
from auto_retrain.adapters.mlflow.credentials import SecretCredentials
from auto_retrain.bootstrap import DeployedPorts
from auto_retrain.domain.errors import AutoRetrainError, AwsRefused, RegistryRefused, RegistryUnavailable
from auto_retrain.settings import Settings
from tests.aws_clients import aws_client
from tests.contracts.cluster.canned import CLOSED, Canned, CannedServer

ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:mlflow"
UNAUTHORIZED = Canned(401, "You are not authenticated.")
USER = {"username": "functions", "password": "s3cret"}
FOUND = Canned(200, {"model_version": {"version": "3", "source": "models:/m-1"}})


class Secrets:
    """A Secrets Manager whose one secret has these values, one after the other; the last one stays."""

    def __init__(self, *values: Any) -> None:
        self.values = [value if isinstance(value, str) else json.dumps(value) for value in values]
        self.reads = 0

    def get_secret_value(self, **request: str) -> dict[str, str]:
        assert request == {"SecretId": ARN}
        self.reads += 1
        return {"SecretString": self.values.pop(0) if len(self.values) > 1 else self.values[0]}


def registry(url: str, secrets: Secrets) -> MlflowRegistry:
    return MlflowRegistry(url, SecretCredentials(secrets, ARN))


def basic(username: str, password: str) -> str:
    return f"Basic {b64encode(f'{username}:{password}'.encode()).decode()}"


@pytest.mark.parametrize(
    ("secret", "sent"),
    [
        ({"username": "functions", "password": "p:ä s\n"}, basic("functions", "p:ä s\n")),
        ({"token": "t0ken"}, "t0ken"),
    ],
)
def test_every_request_is_signed_and_the_secret_is_read_once(secret: Any, sent: str) -> None:
    secrets = Secrets(secret)
    with CannedServer([FOUND, FOUND, Canned(200, {})]) as server:
        mlflow = registry(server.url, secrets)
        assert secrets.reads == 0
        assert mlflow.champion("churn") == "3"
        assert mlflow.version_tags("churn", "3") == {}
        mlflow.set_champion("churn", "3")
    assert [asked.token for asked in server.asked] == [sent] * 3
    assert secrets.reads == 1


def test_files_are_read_with_credentials_too() -> None:
    with CannedServer([FOUND, Canned(200, {"files": [{"path": "MLmodel"}]}), Canned(200, "x")]) as server:
        assert registry(server.url, Secrets({"token": "t"})).version_files("churn", "3").keys() == {"MLmodel"}
    assert [asked.token for asked in server.asked] == ["t"] * 3


def test_credentials_that_were_rotated_are_read_again_and_the_request_repeated_once() -> None:
    secrets = Secrets({"token": "old"}, {"token": "new"})
    with CannedServer([UNAUTHORIZED, FOUND]) as server:
        assert registry(server.url, secrets).champion("churn") == "3"
    assert [asked.token for asked in server.asked] == ["old", "new"]


def test_credentials_that_stay_refused_may_be_about_to_be_rotated() -> None:
    secrets = Secrets({"token": "old"})
    with CannedServer([UNAUTHORIZED]) as server, pytest.raises(RegistryUnavailable, match=r"401.*MLFLOW_SECRET_ARN"):
        registry(server.url, secrets).champion("churn")
    assert secrets.reads == 2


def test_a_server_that_wants_credentials_where_there_are_none_refuses_for_good() -> None:
    with CannedServer([UNAUTHORIZED]) as server, pytest.raises(RegistryRefused, match=r"401.*MLFLOW_SECRET_ARN"):
        MlflowRegistry(server.url).champion("churn")


MALFORMED = [
    "",
    "SECRET",
    '{"token": "SECRET"',
    {"username": "SECRET"},
    {"password": "SECRET"},
    {"username": "a:b", "password": "SECRET"},
    {"username": "a", "password": "SECRET", "token": "SECRET"},
    {"token": "SECRET\nX-Other: 1"},
    {"token": "SECRÉT"},
    {"token": ["SECRET"]},
    {"token": "SECRET", "more": "SECRET"},
    '"SECRET"',
    "[" * 100_000,
]


@pytest.mark.parametrize("secret", MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_secret_is_refused_and_not_shown(secret: Any) -> None:
    with pytest.raises(RegistryRefused, match="the secret in MLFLOW_SECRET_ARN must hold") as caught:
        registry("http://127.0.0.1:9", Secrets(secret)).champion("churn")
    assert "SECRET" not in "".join(traceback.format_exception(caught.value)).replace("MLFLOW_SECRET_ARN", "")


@pytest.mark.parametrize("answer", [UNAUTHORIZED, Canned(403, "no"), Canned(500, "no"), Canned(200, "no"), CLOSED])
def test_no_error_and_no_log_shows_the_credentials(answer: Canned, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with CannedServer([answer] * 3) as server, pytest.raises(AutoRetrainError) as caught:
        registry(server.url, Secrets(USER)).champion("churn")
    shown = caplog.text + "".join(traceback.format_exception(caught.value))
    hidden = USER["password"], basic(**USER).removeprefix("Basic ")
    assert not [text for text in hidden if text in shown]


def test_a_deployment_that_names_a_secret_reads_it(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client = aws_client("secretsmanager")
    arn = client.create_secret(Name="mlflow", SecretString='{"token": "t"}')["ARN"]
    with CannedServer([FOUND]) as server:
        settings = Settings.from_environment({"MLFLOW_TRACKING_URI": server.url, "MLFLOW_SECRET_ARN": arn})
        assert DeployedPorts(settings).registry.champion("churn") == "3"
    assert server.asked[0].token == "t"


def test_a_secret_that_does_not_exist_is_named(aws: None) -> None:
    settings = Settings(mlflow_tracking_uri="http://127.0.0.1:9", mlflow_secret_arn=ARN)
    with pytest.raises(AwsRefused, match="ResourceNotFoundException"):
        DeployedPorts(settings).registry.champion("churn")

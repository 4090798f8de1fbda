"""Which errors of the AWS SDK may pass, and how long a client waits for them to."""

import pytest
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, ParamValidationError

from auto_retrain.adapters.aws import aws_client, translated
from auto_retrain.domain.errors import AwsRefused, StoreUnavailable


def answer(code: str, status: int = 400) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        "PutItem",
    )


@pytest.mark.parametrize(
    "code",
    [
        "TransactionConflictException",
        "TransactionInProgressException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ThrottledException",
        "ThrottlingException",
        "InternalServerError",
    ],
)
def test_an_answer_that_may_be_another_one_later_is_transient(code: str) -> None:
    with pytest.raises(StoreUnavailable, match=code), translated(StoreUnavailable):
        raise answer(code)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_status_that_asks_for_patience_is_transient(status: int) -> None:
    with pytest.raises(StoreUnavailable), translated(StoreUnavailable):
        raise answer("Unheard", status)


@pytest.mark.parametrize(
    "error", [answer("AccessDeniedException"), ParamValidationError(report="Invalid type for parameter Bucket")]
)
def test_a_request_that_is_wrong_stays_wrong(error: Exception) -> None:
    with pytest.raises(AwsRefused), translated(StoreUnavailable):
        raise error


@pytest.mark.parametrize("error", [EndpointConnectionError(endpoint_url="https://aws.invalid"), BotoCoreError()])
def test_an_endpoint_that_does_not_answer_is_transient(error: Exception) -> None:
    with pytest.raises(StoreUnavailable), translated(StoreUnavailable):
        raise error


def test_a_client_gives_up_after_three_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    assert aws_client("dynamodb").meta.config.retries["total_max_attempts"] == 3

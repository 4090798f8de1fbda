"""Which errors of the AWS SDK are transient, and how often a client retries."""

import pytest
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, ParamValidationError

from auto_retrain.adapters.aws import aws_client, translated
from auto_retrain.domain.errors import AwsRefused, StoreUnavailable


def client_error(code: str, status: int = 400) -> ClientError:
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
def test_an_error_that_a_retry_may_resolve_is_transient(code: str) -> None:
    with pytest.raises(StoreUnavailable, match=code), translated(StoreUnavailable):
        raise client_error(code)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_throttling_and_server_errors_are_transient_whatever_their_code(status: int) -> None:
    with pytest.raises(StoreUnavailable), translated(StoreUnavailable):
        raise client_error("UnknownCode", status)


@pytest.mark.parametrize(
    "error", [client_error("AccessDeniedException"), ParamValidationError(report="Invalid type for parameter Bucket")]
)
def test_an_invalid_or_forbidden_request_is_refused_for_good(error: Exception) -> None:
    with pytest.raises(AwsRefused), translated(StoreUnavailable):
        raise error


@pytest.mark.parametrize("error", [EndpointConnectionError(endpoint_url="https://aws.invalid"), BotoCoreError()])
def test_an_endpoint_that_does_not_answer_is_transient(error: Exception) -> None:
    with pytest.raises(StoreUnavailable), translated(StoreUnavailable):
        raise error


def test_a_client_gives_up_after_three_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    assert aws_client("dynamodb").meta.config.retries["total_max_attempts"] == 3

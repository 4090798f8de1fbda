"""Which errors of the AWS SDK are transient, and how often a client retries."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, ParamValidationError

from auto_retrain.adapters.aws import aws_client, aws_session, translated
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


def test_a_page_instead_of_an_answer_is_not_quoted() -> None:
    page = ClientError({"Error": {"Code": "404", "Message": "<!doctype html>\n<html>Not Found</html>"}}, "GetItem")
    with pytest.raises(AwsRefused) as refused, translated(StoreUnavailable):
        raise page
    assert str(refused.value) == "GetItem: 404, with a page instead of an answer of AWS"


@pytest.mark.parametrize("error", [EndpointConnectionError(endpoint_url="https://aws.invalid"), BotoCoreError()])
def test_an_endpoint_that_does_not_answer_is_transient(error: Exception) -> None:
    with pytest.raises(StoreUnavailable), translated(StoreUnavailable):
        raise error


def test_a_client_gives_up_after_three_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    assert aws_client("dynamodb").meta.config.retries["total_max_attempts"] == 3


@pytest.fixture
def no_region(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[pytest.MonkeyPatch]:
    """Neither the environment nor a file names a region."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    aws_session.cache_clear()
    yield monkeypatch
    aws_session.cache_clear()


@pytest.mark.parametrize("names", [("AWS_REGION",), ("AWS_DEFAULT_REGION",), ("AWS_REGION", "AWS_DEFAULT_REGION")])
def test_both_variables_name_the_region_and_that_of_the_aws_cli_comes_first(
    no_region: pytest.MonkeyPatch, names: tuple[str, ...]
) -> None:
    for name, region in zip(names, ("eu-central-1", "us-east-1"), strict=False):
        no_region.setenv(name, region)
    assert aws_client("dynamodb").meta.region_name == "eu-central-1"


def test_without_a_region_both_variables_are_named(no_region: pytest.MonkeyPatch) -> None:
    with pytest.raises(AwsRefused, match=r"export AWS_REGION \(or AWS_DEFAULT_REGION\)"):
        aws_client("dynamodb")

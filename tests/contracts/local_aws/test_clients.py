"""A client of the process that the account runs in gets what one behind a connection gets."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session

from .conftest import App

KEY = "a folder/größe=1+2&3 %.txt"


@pytest.fixture(params=["in this process", "behind a connection"])
def s3(app: App, request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "in this process":
        yield app.client("s3")
    else:
        with closing(boto3.client("s3", endpoint_url=app.account.endpoint)) as client:
            yield client


@pytest.fixture
def bucket(s3: Any) -> str:
    s3.create_bucket(Bucket="exchanged")
    return "exchanged"


def test_what_was_stored_is_read_with_all_that_was_said_of_it(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key=KEY, Body=b"0123456789", Metadata={"of_model": "churn"}, ContentType="text/plain")

    answer = s3.get_object(Bucket=bucket, Key=KEY)

    assert [answer["Body"].read(4), answer["Body"].read(), answer["Body"].read()] == [b"0123", b"456789", b""]
    assert (answer["Metadata"], answer["ContentType"]) == ({"of_model": "churn"}, "text/plain")
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [KEY]


def test_a_piece_is_read_alone(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key=KEY, Body=b"0123456789")

    answer = s3.get_object(Bucket=bucket, Key=KEY, Range="bytes=2-5")

    assert (answer["Body"].read(), answer["ContentRange"]) == (b"2345", "bytes 2-5/10")


def test_an_empty_object_is_one(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key=KEY, Body=b"")

    assert s3.get_object(Bucket=bucket, Key=KEY)["Body"].read() == b""
    assert s3.head_object(Bucket=bucket, Key=KEY)["ContentLength"] == 0


def test_a_refusal_is_an_error_with_its_code(s3: Any, bucket: str) -> None:
    with pytest.raises(ClientError) as refused:
        s3.get_object(Bucket=bucket, Key="absent")

    assert refused.value.response["Error"]["Code"] == "NoSuchKey"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_in_this_process_nothing_is_sent_over_a_connection(app: App) -> None:
    with patch.object(URLLib3Session, "send", side_effect=AssertionError("sent")):
        app.client("sqs").list_queues()

"""Fixtures for the package train_model, which runs in its own image."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from tests.aws_clients import aws_client
from tests.unit.train_model.shelf import Shelf

# Models of a few hundred rows gain nothing from threads, which would compete with other tests for processors.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    """An S3 in this process; one for each module, because creating a client takes longer than most tests."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        yield aws_client("s3", "us-east-1")


@pytest.fixture
def shelf(s3: Any) -> Shelf:
    """A bucket that no other test uses."""
    return Shelf(s3, f"shelf-{len(s3.list_buckets()['Buckets'])}")

"""Each port's suite runs on every adapter of that port."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.contracts.ports.aws_world import create_table
from tests.contracts.ports.stores import Stores, dynamo_stores, memory_stores


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """AWS without an account."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        yield


@pytest.fixture(params=["memory", "dynamodb"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param == "memory":
        yield memory_stores()
    else:
        request.getfixturevalue("aws")
        yield dynamo_stores(create_table("jobs"))

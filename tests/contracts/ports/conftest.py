"""Each port's suite runs on every adapter of that port."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from moto import mock_aws

from auto_retrain.adapters.memory.outside import MemoryRegistry
from auto_retrain.adapters.mlflow import MlflowRegistry
from auto_retrain.ports import ModelRegistry
from local.aws.hooks import (
    know_where_a_member_is,
    query_only_the_items_asked_for,
    roll_back_only_the_transaction,
    serve_dynamodb_requests_one_at_a_time,
)
from local.mlflow_server import MlflowServer
from tests.contracts.ports.aws_world import create_table
from tests.contracts.ports.registries import Register, post
from tests.contracts.ports.stores import Stores, dynamo_stores, memory_stores


@pytest.fixture(scope="package", autouse=True)
def cheap_answers() -> Iterator[None]:
    """Most of the time of these tests would go into moto's answers."""
    with know_where_a_member_is():
        yield


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """AWS without an account, in which transactions and queries are atomic, and cost no more than what they touch."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with (
        mock_aws(),
        serve_dynamodb_requests_one_at_a_time(),
        roll_back_only_the_transaction(),
        query_only_the_items_asked_for(),
    ):
        yield


@pytest.fixture(params=["memory", "dynamodb"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param == "memory":
        yield memory_stores()
    else:
        request.getfixturevalue("aws")
        yield dynamo_stores(create_table("jobs"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    # Only an administrator of MLflow may otherwise choose an artifact root with a host in it.
    roots = {"MLFLOW_ALLOWED_HOST_ADDRESSED_ARTIFACT_SCHEMES": "mlflow-artifacts,http"}
    with MlflowServer(tmp_path_factory.mktemp("registry"), **roots) as server:
        server.wait_until_ready()
        yield server


@pytest.fixture(params=["memory", "mlflow"])
def registry_and_register(request: pytest.FixtureRequest) -> tuple[ModelRegistry, Register]:
    """A registry, and a function that registers a version of a job as a training container would."""
    if request.param == "memory":
        memory = MemoryRegistry()
        versions: dict[str, int] = {}

        def register_in_memory(model: str, job_id: str) -> None:
            versions[model] = versions.get(model, 0) + 1
            memory.register(model, str(versions[model]), job_id=job_id)

        return memory, register_in_memory
    url = request.getfixturevalue("server").url

    def register(model: str, job_id: str) -> None:
        post(url, "registered-models/create", {"name": model})  # refused if it exists already
        tags = [{"key": "job_id", "value": job_id}]
        assert post(url, "model-versions/create", {"name": model, "source": "s3://tiny/model", "tags": tags})

    return MlflowRegistry(url + "/"), register


@pytest.fixture
def model() -> str:
    """A name that no other test uses."""
    return f"m-{uuid4().hex[:8]}"

"""ModelRegistry in memory and on a real MLflow server."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from auto_retrain.adapters.memory.outside import MemoryRegistry
from auto_retrain.adapters.mlflow import MlflowRegistry
from auto_retrain.domain.errors import RegistryRefused, RegistryUnavailable
from auto_retrain.ports import ModelRegistry
from local.mlflow_server import MlflowServer

Register = Callable[[str, str], None]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    with MlflowServer(tmp_path_factory.mktemp("registry")) as server:
        server.wait_until_ready()
        yield server


@pytest.fixture(params=["memory", "mlflow"])
def registry_and_register(request: pytest.FixtureRequest) -> tuple[ModelRegistry, Register]:
    """A registry, and how a training container registers a version of some job."""
    if request.param == "memory":
        memory = MemoryRegistry()
        versions: dict[str, int] = {}

        def register_in_memory(model: str, job_id: str) -> None:
            versions[model] = versions.get(model, 0) + 1
            memory.register(model, str(versions[model]), job_id=job_id)

        return memory, register_in_memory
    url = request.getfixturevalue("server").url

    def register(model: str, job_id: str) -> None:
        post(url, "registered-models/create", {"name": model})  # refused when it is there already
        tags = [{"key": "job_id", "value": job_id}]
        assert post(url, "model-versions/create", {"name": model, "source": "s3://tiny/model", "tags": tags})

    return MlflowRegistry(url + "/"), register


def post(url: str, path: str, body: dict[str, Any]) -> Any:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/api/2.0/mlflow/{path}", json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)
    except urllib.error.HTTPError:
        return None


@pytest.fixture
def model() -> str:
    """A name that no other test uses."""
    return f"m-{uuid4().hex[:8]}"


def test_a_model_that_is_not_there_has_no_champion_and_no_versions(
    registry_and_register: tuple[ModelRegistry, Register], model: str
) -> None:
    registry, _ = registry_and_register
    assert registry.champion(model) is None
    assert registry.version_tags(model, "1") is None


def test_a_model_without_the_alias_has_no_champion(
    registry_and_register: tuple[ModelRegistry, Register], model: str
) -> None:
    registry, register = registry_and_register
    register(model, "job-1")
    assert registry.champion(model) is None
    assert registry.version_tags(model, "1") == {"job_id": "job-1"}


def test_the_champion_is_the_version_that_was_set(
    registry_and_register: tuple[ModelRegistry, Register], model: str
) -> None:
    registry, register = registry_and_register
    register(model, "job-1")
    register(model, "job-2")
    for version in ("1", "2", "2"):
        registry.set_champion(model, version)
        assert registry.champion(model) == version


def test_a_version_that_is_not_there_cannot_become_champion(
    registry_and_register: tuple[ModelRegistry, Register], model: str
) -> None:
    registry, register = registry_and_register
    register(model, "job-1")
    registry.set_champion(model, "1")
    with pytest.raises(RegistryRefused):
        registry.set_champion(model, "7")
    assert registry.champion(model) == "1"


def test_a_server_that_is_away_is_unavailable() -> None:
    registry = MlflowRegistry("http://127.0.0.1:9")
    with pytest.raises(RegistryUnavailable, match="did not answer"):
        registry.champion("churn")


def test_a_server_that_does_not_know_our_host_says_what_to_look_at(server: MlflowServer) -> None:
    registry = MlflowRegistry(server.url)
    registry._session.headers["Host"] = "mlflow.example.com"
    with pytest.raises(RegistryRefused, match="allowed-hosts"):
        registry.champion("churn")

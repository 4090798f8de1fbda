"""One MLflow server and one S3 for all tests of the training container, both on real sockets."""

import os
from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer

from local.aws.environment import aws_settings
from local.mlflow_server import MlflowServer
from tests.contracts.trainer.container import Container
from tests.unit.train_model.shelf import Shelf
from train_model.libraries import LIBRARY_SETTINGS

os.environ.update(LIBRARY_SETTINGS)


@pytest.fixture(scope="session", autouse=True)
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    """Starts with the session, while tests that do not need it are running."""
    with MlflowServer(tmp_path_factory.mktemp("mlflow")) as server:
        yield server


@pytest.fixture(scope="session")
def mlflow_url(mlflow_server: MlflowServer) -> str:
    mlflow_server.wait_until_ready()
    return mlflow_server.url


@pytest.fixture(scope="session")
def s3_settings() -> Iterator[dict[str, str]]:
    """The environment of a process that uses the emulated S3."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield aws_settings(f"http://{host}:{port}")
    server.stop()


@pytest.fixture(scope="session")
def shelf(s3_settings: dict[str, str]) -> Shelf:
    client = boto3.client(
        "s3",
        endpoint_url=s3_settings["AWS_ENDPOINT_URL"],
        region_name=s3_settings["AWS_REGION"],
        aws_access_key_id=s3_settings["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=s3_settings["AWS_SECRET_ACCESS_KEY"],
    )
    return Shelf(client, "shelf")


@pytest.fixture(scope="session")
def container(s3_settings: dict[str, str]) -> Container:
    """Runs the process of the image with exactly the environment that the cluster would give it."""
    return Container({**s3_settings, "OMP_NUM_THREADS": "1"})

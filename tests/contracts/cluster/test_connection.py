"""Finding a cluster, and trusting only its own certificate."""

import base64
import ssl
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from auto_retrain.adapters.kubernetes import kubernetes_cluster
from auto_retrain.adapters.kubernetes.access.connect import connect
from auto_retrain.domain.cluster import JobOrder
from auto_retrain.domain.errors import ClusterRefused, ClusterUnavailable, SettingInvalid, SettingMissing
from auto_retrain.domain.policy.training import TrainingPolicy
from auto_retrain.settings import Settings

from .canned import Canned, CannedServer
from .certificates import make_identity

NO_JOBS = Canned(200, {"kind": "JobList", "metadata": {}, "items": []})


@pytest.fixture(autouse=True)
def aws_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.delenv("AWS_PROFILE", raising=False)


@pytest.fixture
def tls_server(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The address of a server with a certificate of its own, and that certificate."""
    identity = make_identity()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity.write(tmp_path / "server.pem"))
    server = CannedServer([NO_JOBS])
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with server:
        yield server.url.replace("http:", "https:"), identity.encoded


def _settings(**settings: str) -> Settings:
    return Settings(stage="dev", cluster_name="prod", job_namespace="ns", **settings)


def test_the_clusters_own_authority_is_trusted(tls_server: tuple[str, str]) -> None:
    url, authority = tls_server

    assert kubernetes_cluster(_settings(cluster_endpoint=url, cluster_ca=authority)).list_jobs().jobs == []


def test_the_certificate_of_another_server_is_refused(tls_server: tuple[str, str]) -> None:
    url, _ = tls_server
    other = make_identity().encoded

    with pytest.raises(ClusterRefused, match="certificate"):
        kubernetes_cluster(_settings(cluster_endpoint=url, cluster_ca=other)).list_jobs()


@pytest.mark.parametrize("endpoint", ["http://cluster.example", "http://[fd00::1]", "https://u:p@cluster.example", "x"])
def test_an_endpoint_that_would_reveal_the_token_is_refused(endpoint: str) -> None:
    with pytest.raises(SettingInvalid, match=r"CLUSTER_ENDPOINT = '.+': must be an https address"):
        connect(_settings(cluster_endpoint=endpoint))


@pytest.mark.parametrize("endpoint", ["https://[2600:1f13::1]", "https://[fd00::1]:6443/"])
def test_an_endpoint_may_be_an_ipv6_address(endpoint: str) -> None:
    assert connect(_settings(cluster_endpoint=endpoint)).endpoint == endpoint.rstrip("/")


@mock_aws
def test_what_the_settings_leave_open_is_read_from_eks() -> None:
    subnets = {"subnetIds": ["subnet-1", "subnet-2"]}
    role = "arn:aws:iam::123456789012:role/eks"
    client = boto3.client("eks")
    created = client.create_cluster(name="prod", roleArn=role, resourcesVpcConfig=subnets)["cluster"]

    connection = connect(_settings())

    assert connection.endpoint == created["endpoint"].rstrip("/")
    assert connection.ca_file
    assert Path(connection.ca_file).read_bytes() == base64.b64decode(created["certificateAuthority"]["data"])


def test_an_eks_api_that_does_not_answer_makes_the_cluster_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setattr("botocore.retries.standard.RetryHandler.needs_retry", lambda *_, **__: None)

    with pytest.raises(ClusterUnavailable):
        connect(_settings())


def test_only_jobs_of_the_stage_in_the_settings_are_listed() -> None:
    with CannedServer([NO_JOBS]) as server:
        kubernetes_cluster(_settings(cluster_endpoint=server.url)).list_jobs()

    selector = "app.kubernetes.io/managed-by=auto-retrain,auto-retrain/stage=dev"
    assert server.asked[0].query["labelSelector"] == selector


def test_functions_that_start_no_jobs_need_no_image() -> None:
    order = JobOrder(
        kind="train",
        job_id="m-1",
        model_name="m",
        manifest_uri="s3://b/m",
        manifest_sha256="0",
        output_uri="s3://b/o/",
        mlflow_tracking_uri="http://mlflow",
        seed=1,
    )
    with CannedServer([NO_JOBS]) as server:
        cluster = kubernetes_cluster(_settings(cluster_endpoint=server.url))
        assert cluster.list_jobs().jobs == []
        with pytest.raises(SettingMissing, match="TRAINER_IMAGE"):
            cluster.start_job("m-1-train-1", [order], TrainingPolicy())

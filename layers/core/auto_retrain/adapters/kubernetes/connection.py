"""Where a cluster is, whom to trust there, and who we are to it."""

import atexit
import base64
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ...domain.errors import ClusterRefused, ClusterUnavailable
from ...settings import Settings
from ..aws import aws_client, aws_session, translated
from .auth import EksTokens, TokenSource


@dataclass(frozen=True)
class Connection:
    """Everything needed to talk to one cluster; `ca_file` None trusts the public authorities."""

    endpoint: str
    ca_file: str | None
    tokens: TokenSource


def connect_to_eks(settings: Settings) -> Connection:
    """The connection that the settings describe; what they leave open is asked of EKS."""
    name = settings.require("cluster_name")
    endpoint, authority = settings.cluster_endpoint, settings.cluster_ca
    if endpoint is None:
        endpoint, authority = _describe_cluster(name)
    session = aws_session()
    region = session.get_config_variable("region")
    if region is None:
        raise ClusterRefused("no AWS region is set, so that no cluster token can be signed")
    tokens = EksTokens(session.get_credentials, region, name)
    return Connection(endpoint.rstrip("/"), _authority_file(authority), tokens)


def _describe_cluster(name: str) -> tuple[str, str]:
    with translated(ClusterUnavailable):
        cluster = aws_client("eks").describe_cluster(name=name)["cluster"]
    return cluster["endpoint"], cluster["certificateAuthority"]["data"]


def _authority_file(encoded: str | None) -> str | None:
    """The authority's certificate as a file, because the HTTP library reads it from nowhere else."""
    if encoded is None:
        return None
    with tempfile.NamedTemporaryFile(prefix="cluster-ca-", suffix=".pem", delete=False) as file:
        file.write(base64.b64decode(encoded))
    atexit.register(Path(file.name).unlink, missing_ok=True)
    return file.name

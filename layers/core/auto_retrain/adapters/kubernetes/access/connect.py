"""Finds the cluster that the settings mean: one on EKS, or one of a kubeconfig."""

from ....domain.errors import ClusterRefused, ClusterUnavailable
from ....settings import Settings
from ...aws import aws_client, aws_session, translated
from .certificate_files import kept_file
from .connection import Connection
from .eks_tokens import EksTokens


def connect(settings: Settings) -> Connection:
    """The connection that the settings describe.

    A kubeconfig counts where its context is named (KUBE_CONTEXT), or where no cluster on EKS is (CLUSTER_NAME): in many
    shells KUBECONFIG is set for other reasons.
    """
    by_kubeconfig = settings.kubeconfig is not None and settings.cluster_name is None
    if settings.kube_context is None and not by_kubeconfig:
        return _connect_to_eks(settings)
    # Deployed functions never come here.
    from .kubeconfig import connect_by_kubeconfig

    return connect_by_kubeconfig(settings.kubeconfig, settings.kube_context)


def _connect_to_eks(settings: Settings) -> Connection:
    """What the settings leave open is asked of EKS."""
    name = settings.require("cluster_name")
    endpoint, authority = settings.cluster_endpoint, settings.cluster_ca
    if endpoint is None:
        endpoint, authority = _describe_cluster(name)
    session = aws_session()
    region = session.get_config_variable("region")
    if region is None:
        raise ClusterRefused("no AWS region is set, so that no cluster token can be signed")
    tokens = EksTokens(session.get_credentials, region, name)
    return Connection(endpoint.rstrip("/"), kept_file("cluster-ca", authority), tokens)


def _describe_cluster(name: str) -> tuple[str, str]:
    with translated(ClusterUnavailable):
        cluster = aws_client("eks").describe_cluster(name=name)["cluster"]
    return cluster["endpoint"], cluster["certificateAuthority"]["data"]

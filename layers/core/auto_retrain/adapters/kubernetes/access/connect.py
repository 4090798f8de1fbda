"""Connects to the cluster in the settings: one on EKS, or one in a kubeconfig."""

from collections.abc import Callable

from ....domain.errors import ClusterRefused, ClusterUnavailable, SettingInvalid
from ....settings import Settings
from ...addresses import KEEPS_SECRETS, keeps_secrets
from ...aws import HERE, NO_REGION, AwsPlace, aws_client, aws_session, translated
from .certificate_files import pem_file
from .connection import Connection
from .eks_tokens import EksTokens
from .objects import ObjectClient
from .transport import Transport


def clients_by_namespace(settings: Settings, place: AwsPlace = HERE) -> Callable[[str], ObjectClient]:
    """Makes a client for any namespace of the cluster in the settings; no request is sent to it yet."""
    transport = Transport(connect(settings, place))
    return lambda namespace: ObjectClient(transport, namespace)


def connect(settings: Settings, place: AwsPlace = HERE) -> Connection:
    """The connection that the settings describe.

    A kubeconfig is used if KUBE_CONTEXT is set, or if KUBECONFIG is set and CLUSTER_NAME is not: in many shells,
    KUBECONFIG is set for other reasons.
    """
    by_kubeconfig = settings.kubeconfig is not None and settings.cluster_name is None
    if settings.kube_context is None and not by_kubeconfig:
        return _connect_to_eks(settings, place)
    # Deployed functions never get here.
    from .kubeconfig import connect_by_kubeconfig

    return connect_by_kubeconfig(settings.kubeconfig, settings.kube_context)


def _connect_to_eks(settings: Settings, place: AwsPlace) -> Connection:
    """Endpoint and certificate authority come from EKS unless they are in the settings."""
    name = settings.require("cluster_name")
    endpoint, authority = settings.cluster_endpoint, settings.cluster_ca
    if endpoint is None:
        endpoint, authority = _describe_cluster(name, place)
    if not keeps_secrets(endpoint):
        raise SettingInvalid("CLUSTER_ENDPOINT", endpoint, KEEPS_SECRETS)
    session = aws_session(place)
    region = session.get_config_variable("region")
    if region is None:
        raise ClusterRefused(f"a cluster token cannot be signed: {NO_REGION}")
    tokens = EksTokens(session.get_credentials, region, name)
    return Connection(endpoint.rstrip("/"), pem_file("cluster-ca", authority), tokens)


def _describe_cluster(name: str, place: AwsPlace) -> tuple[str, str]:
    with translated(ClusterUnavailable):
        cluster = aws_client("eks", place).describe_cluster(name=name)["cluster"]
    return cluster["endpoint"], cluster["certificateAuthority"]["data"]

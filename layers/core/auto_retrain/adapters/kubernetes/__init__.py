"""Kubernetes Jobs through the REST API of a cluster: on EKS, from a kubeconfig, or at the configured endpoint."""

from ...settings import Settings
from ..aws import HERE, AwsPlace
from .access.client import KubernetesClient
from .access.connect import connect
from .access.transport import Transport
from .jobs.cluster import KubernetesCluster
from .jobs.job_body import PodSettings

__all__ = ["kubernetes_cluster"]


def kubernetes_cluster(settings: Settings, place: AwsPlace = HERE) -> KubernetesCluster:
    """The cluster in the settings; no request is sent to it yet."""
    namespaces = settings.job_namespaces()
    transport = Transport(connect(settings, place))
    clients = {name: KubernetesClient(transport, name) for name in namespaces}
    return KubernetesCluster(
        clients, settings.require("stage"), lambda: _pod_settings(settings), settings.jobs_in_parallel()
    )


def _pod_settings(settings: Settings) -> PodSettings:
    # Only the function that starts Jobs is deployed with these.
    return PodSettings(
        image=settings.require("trainer_image"),
        training_account=settings.require("job_service_account"),
        scoring_account=settings.require("scoring_service_account"),
        rules=settings.pod_rules(),
    )

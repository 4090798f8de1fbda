"""Kubernetes Jobs over the REST API of a cluster: EKS, or whatever answers like it at the configured endpoint."""

from ...settings import Settings
from .client import KubernetesClient
from .cluster import KubernetesCluster
from .connection import connect_to_eks
from .manifest import PodSettings
from .transport import Transport

__all__ = ["kubernetes_cluster"]


def kubernetes_cluster(settings: Settings) -> KubernetesCluster:
    """The cluster that the settings name; nothing is asked of it yet."""
    transport = Transport(connect_to_eks(settings))
    clients = {name: KubernetesClient(transport, name) for name in settings.job_namespaces()}
    return KubernetesCluster(clients, settings.require("stage"), lambda: _pod_settings(settings))


def _pod_settings(settings: Settings) -> PodSettings:
    # Only the function that starts Jobs is deployed with these.
    return PodSettings(image=settings.require("trainer_image"), service_account=settings.require("job_service_account"))

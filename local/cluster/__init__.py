"""A cluster for one machine: answers what we use of the Kubernetes API, and runs containers as processes."""

from .cluster import LocalCluster
from .kubelet import LocalImage
from .tokens import User

__all__ = ["LocalCluster", "LocalImage", "User"]

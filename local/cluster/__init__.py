"""A cluster for one machine: serves the part of the Kubernetes API that we use, and runs containers as processes."""

from local.containers import Preparation

from .cluster import LocalCluster
from .kubelet import LocalImage
from .tokens import User

__all__ = ["LocalCluster", "LocalImage", "Preparation", "User"]

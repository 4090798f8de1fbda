"""A cluster for one machine: serves the part of the Kubernetes API that we use, and runs containers as processes."""

from .cluster import LocalCluster
from .kubelet import LocalImage
from .preparation import Preparation
from .tokens import User

__all__ = ["LocalCluster", "LocalImage", "Preparation", "User"]

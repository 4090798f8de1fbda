"""Names of pods of a headless Service, which the cluster's DNS would answer.

Here all pods share the addresses of this machine: the name of any of them is its own address, and each Job gets ports
that no other one has instead of those that its pods ask for.
"""

import socket
from collections.abc import Mapping

from .objects import SERVICES, Json
from .store import Store

THIS_MACHINE = "127.0.0.1"
_PORT = "MASTER_PORT"


class PodNames:
    """Resolves the names in the environment of a pod."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._ports: dict[str, str] = {}

    def resolve(self, pod: Json, environment: Mapping[str, str]) -> dict[str, str]:
        """The environment of a pod with addresses for the names of pods, as long as their Service exists."""
        subdomain, namespace = pod["spec"].get("subdomain", ""), pod["metadata"]["namespace"]
        service = self._store.others[SERVICES].get((namespace, subdomain))
        if service is None or service["spec"].get("clusterIP") != "None":
            return dict(environment)
        below = f".{subdomain}"
        resolved = {name: THIS_MACHINE if value.endswith(below) else value for name, value in environment.items()}
        if _PORT in resolved:
            resolved[_PORT] = self._ports.setdefault(service["metadata"]["uid"], _free_port())
        return resolved


def _free_port() -> str:
    with socket.create_server((THIS_MACHINE, 0)) as server:
        return str(server.getsockname()[1])

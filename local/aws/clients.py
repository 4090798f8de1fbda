"""boto3 clients of the emulated account: one per service, shared by all threads, closed at the end."""

import threading
from typing import Any

import boto3
from botocore.config import Config

# A function may take 15 minutes to answer. A retry would fail as well: the server is this very process.
_CONFIG = Config(read_timeout=900, retries={"total_max_attempts": 1}, max_pool_connections=256)


class Clients:
    """Making a client costs more than using it, and one that is not closed leaves its connection open."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._session = boto3.Session()
        self._lock = threading.Lock()
        self._clients: dict[str, Any] = {}

    def get(self, service: str) -> Any:
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._session.client(service, endpoint_url=self._endpoint, config=_CONFIG)
            return self._clients[service]

    def close(self) -> None:
        for client in self._clients.values():
            client.close()

"""The address of a cluster, the authority to trust, and our credentials."""

from dataclasses import dataclass
from typing import Protocol


class TokenSource(Protocol):
    """Proves our identity to a cluster."""

    def token(self) -> str:
        """A bearer token; empty if a client certificate is used instead."""

    def refresh(self) -> None:
        """Forget the token, because the cluster refused it."""


@dataclass(frozen=True)
class Connection:
    """Everything needed to talk to one cluster; without a `ca_file`, the public authorities are trusted.

    `client_certificate` holds the paths of a certificate and its key; `server_name` is the name in the server's
    certificate if it is not the host of the endpoint.
    """

    endpoint: str
    ca_file: str | None
    tokens: TokenSource
    client_certificate: tuple[str, str] | None = None
    server_name: str | None = None

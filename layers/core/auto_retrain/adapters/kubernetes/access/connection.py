"""Where a cluster is, whom to trust there, and who we are to it."""

from dataclasses import dataclass
from typing import Protocol


class TokenSource(Protocol):
    """Whatever can prove to a cluster who we are."""

    def token(self) -> str:
        """A bearer token; empty when a client certificate is the proof."""

    def refresh(self) -> None:
        """Forget the token, because the cluster refused it."""


@dataclass(frozen=True)
class Connection:
    """Everything needed to talk to one cluster; `ca_file` None trusts the public authorities.

    `client_certificate` are files of a certificate and its key; `server_name` is what the server's certificate says
    where that is not the host of the endpoint.
    """

    endpoint: str
    ca_file: str | None
    tokens: TokenSource
    client_certificate: tuple[str, str] | None = None
    server_name: str | None = None

"""Which addresses may be sent a secret: a token, a signed request, or an address that is itself the secret."""

from ipaddress import ip_address
from urllib.parse import urlsplit

KEEPS_SECRETS = "an https address without credentials (http only for this machine itself)"


def keeps_secrets(address: str) -> bool:
    """Whether nobody on the way can read what is sent there; false for an address that holds credentials itself."""
    try:
        parts = urlsplit(address)
        has_credentials, host, _ = "@" in parts.netloc, parts.hostname or "", parts.port
    except ValueError:
        return False
    encrypted = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))
    return encrypted and bool(host) and not has_credentials


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

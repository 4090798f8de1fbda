"""Which addresses are addresses, and which may be sent a secret: a token, a signed request, or a secret address."""

from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

from ..domain.errors import SettingInvalid

KEEPS_SECRETS = "an https address without credentials (http only for this machine itself)"


class _Address(NamedTuple):
    scheme: str
    host: str


def keeps_secrets(address: str) -> bool:
    """Whether nobody on the way can read what is sent there; false for an address that holds credentials itself."""
    scheme, host = _parsed(address)
    return bool(host) and (scheme == "https" or (scheme == "http" and _is_loopback(host)))


def check_address(variable: str, address: str) -> None:
    """Raise SettingInvalid for an address that is none, or that holds credentials; the message does not show them."""
    scheme, host = _parsed(address)
    if scheme not in ("http", "https") or not host:
        raise SettingInvalid(variable, address, "an http or https address without credentials")


def _parsed(address: str) -> _Address:
    """An address without credentials; the host is empty for anything else."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return _Address("", "")
    return _Address(parts.scheme, "" if "@" in parts.netloc else host)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

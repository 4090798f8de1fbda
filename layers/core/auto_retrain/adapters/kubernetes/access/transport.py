"""One exchange with the API server: sends a request and returns the reply, be it a success or an error."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from ....domain.errors import ClusterRefused
from ...aws import CONNECTIONS
from ...http import Answer, Session, exchange
from .connection import Connection

Json = dict[str, Any]

NO_REPLY = 0
MAX_MESSAGE_LENGTH = 500

# A PATCH names only the fields to set (RFC 7396); all other bodies are whole objects.
_CONTENT_TYPE = {"PATCH": {"Content-Type": "application/merge-patch+json"}}
# The server is busy, restarting, cut off from its database or from whatever checks our token, which is a fresh one; 410
# means that a listing took too long.
_TRANSIENT = {NO_REPLY, 401, 408, 410, 429, 500, 502, 503, 504}
# The request may have taken effect although the reply is an error.
_UNKNOWN_OUTCOME = _TRANSIENT - {401, 429}


@dataclass(frozen=True)
class Reply:
    """A status code and the server's reason; code 0 means that there was no reply."""

    code: int
    reason: str = ""
    message: str = ""
    body: Json = field(default_factory=dict)
    text: str = ""
    retry_after: float = 0.0

    @property
    def ok(self) -> bool:
        return 200 <= self.code < 300

    @property
    def is_transient(self) -> bool:
        return self.code in _TRANSIENT

    @property
    def outcome_unknown(self) -> bool:
        return self.code in _UNKNOWN_OUTCOME

    def __str__(self) -> str:
        answer = f"answered {self.code} {self.reason}".rstrip() if self.code else "did not answer"
        return f"the Kubernetes API {answer}: {self.message[:MAX_MESSAGE_LENGTH]}"


class _NamedServer(HTTPAdapter):
    """Expects this name in the server's certificate instead of the host of the address."""

    def __init__(self, server_name: str | None) -> None:
        names = {"server_hostname": server_name, "assert_hostname": server_name}
        self._names: Json = names if server_name else {}
        super().__init__(pool_maxsize=CONNECTIONS)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, **options, **self._names)


class Transport:
    """Sends requests with our token; a refused token is replaced once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._session = Session()
        # Ignore the environment's proxies and netrc files.
        self._session.trust_env = False
        self._session.verify = connection.ca_file or True
        self._session.cert = connection.client_certificate
        self._session.mount("https://", _NamedServer(connection.server_name))

    def send(self, method: str, path: str, query: Mapping[str, str] | None = None, body: Json | None = None) -> Reply:
        reply = self._exchange(method, path, query, body)
        if reply.code == requests.codes.unauthorized:
            self._connection.tokens.refresh()
            reply = self._exchange(method, path, query, body)
        return reply

    def _headers(self) -> dict[str, str]:
        token = self._connection.tokens.token()
        authorization = {"Authorization": f"Bearer {token}"} if token else {}
        return {"Accept": "application/json, */*", **authorization}

    def _exchange(self, method: str, path: str, query: Mapping[str, str] | None, body: Json | None) -> Reply:
        try:
            answer = exchange(
                self._session,
                method,
                self._connection.endpoint + path,
                params=query,
                json=body,
                headers={**self._headers(), **_CONTENT_TYPE.get(method, {})},
            )
        except requests.exceptions.SSLError as error:
            raise ClusterRefused(f"the certificate of the Kubernetes API is not trusted: {error}") from error
        except requests.RequestException as error:
            return Reply(NO_REPLY, message=str(error))
        return _read(answer)


def _read(answer: Answer) -> Reply:
    body = _json_object(answer.content)
    if 200 <= answer.status < 300:
        return Reply(answer.status, body=body, text=answer.text)
    return Reply(
        answer.status,
        reason=str(body.get("reason", "")),
        message=str(body.get("message", answer.text)),
        retry_after=answer.retry_after,
    )


def _json_object(content: bytes) -> Json:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}

"""boto3 clients of the emulated account: one per service, shared by all threads."""

import threading
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from moto.core.request import normalize_request

from local.aws.wsgi import answer

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

# A retry would fail as well: the server is this very process.
_CONFIG = Config(retries={"total_max_attempts": 1})


class Clients:
    """Making a client costs more than using it. Their requests are handed to the server without a connection."""

    def __init__(self, endpoint: str, app: "WSGIApplication") -> None:
        self._endpoint, self._app = endpoint, app
        self._session = boto3.Session()
        self._lock = threading.Lock()
        self._clients: dict[str, Any] = {}

    def get(self, service: str) -> Any:
        with self._lock:
            if service not in self._clients:
                client = self._session.client(service, endpoint_url=self._endpoint, config=_CONFIG)
                client.meta.events.register("before-send", self._send)
                self._clients[service] = client
            return self._clients[service]

    def _send(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        response = answer(self._app, normalize_request(request).environ)
        return AWSResponse(request.url, response.status_code, response.headers, _Content(response.get_data()))


class _Content(BytesIO):
    """The body of a response, as botocore reads it."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()

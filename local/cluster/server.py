"""The HTTP side of the cluster: reads requests, writes answers, and closes its connections with the cluster."""

import json
import logging
import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from local.http_server import HttpServer

from .errors import ApiError
from .exchange import Answer, Request
from .objects import Json
from .routing import Router
from .tokens import TokenReview

# The type that the base class declares for a request; over TCP it is always a socket.
_Connection = socket.socket | tuple[bytes, socket.socket]

VERSION: Json = {"major": "1", "minor": "34", "gitVersion": "v1.34.9", "platform": "local"}

_LOG = logging.getLogger(__name__)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # One packet for an answer instead of one for each header line.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: "ApiServer"

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            with self.server.lock:
                answer = self._carry_out(body)
                content = _encode(answer.body)
        except ApiError as error:
            answer = Answer(error.code, error.body())
            content = _encode(answer.body)
        except Exception as error:
            _LOG.exception("the local cluster cannot answer %s %s", self.command, self.path)
            answer = Answer(500, ApiError(500, "InternalError", str(error)).body())
            content = _encode(answer.body)
        self._send(answer, content)

    do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = _answer  # noqa: N815 (names that the base class looks for)

    def _carry_out(self, body: bytes) -> Answer:
        path, query = urlsplit(self.path).path, dict(parse_qsl(urlsplit(self.path).query))
        user = self.server.tokens.authenticate(self.headers.get("Authorization"))
        if path == "/version":
            return Answer(200, VERSION)
        call = self.server.router.find(self.command, path, user)
        content_type = self.headers.get("Content-Type", "").partition(";")[0]
        return call.operation(Request(call.namespace, call.name, query, content_type, body))

    def _send(self, answer: Answer, content: bytes) -> None:
        self.send_response(answer.code)
        self.send_header("Content-Type", "text/plain" if isinstance(answer.body, str) else "application/json")
        self.send_header("Content-Length", str(len(content)))
        for warning in answer.warnings:
            self.send_header("Warning", f"299 - {json.dumps(warning)}")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: what happened is in the events."""


def _encode(body: Json | str) -> bytes:
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


class ApiServer(HttpServer):
    """Serves the API of one cluster."""

    # A fleet starts its Jobs at once; with the default of 5 the rest would wait a second for their connection.
    request_queue_size = 128

    def __init__(self, router: Router, tokens: TokenReview, lock: threading.Condition, port: int = 0) -> None:
        super().__init__(_Handler, port)
        self.router, self.tokens, self.lock = router, tokens, lock
        self._connections: set[_Connection] = set()

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def close(self) -> None:
        super().close()
        # Clients keep connections open; without this their handlers would outlive the cluster.
        for connection in list(self._connections):
            _disconnect(connection)

    def process_request(self, request: _Connection, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: _Connection) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: _Connection, client_address: Any) -> None:
        """A client that has gone away is not an error here."""


def _disconnect(connection: _Connection) -> None:
    assert isinstance(connection, socket.socket)
    with suppress(OSError):  # the client may have been faster
        connection.shutdown(socket.SHUT_RDWR)

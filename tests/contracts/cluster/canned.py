"""A server that gives prepared answers, one for each request, and remembers what it was asked."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from tests.loopback import LoopbackServer

from .recordings import Json


@dataclass(frozen=True)
class Canned:
    """An answer; code 0 closes the connection without one."""

    code: int
    body: Any = ""
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, case: Json) -> Self:
        """A recorded answer, with the headers that were kept."""
        headers = {name.title(): values[0] for name, values in case.get("headers", {}).items()}
        return cls(case["status"], case["body"], headers)


CLOSED = Canned(0)


@dataclass(frozen=True)
class Asked:
    """What a client sent."""

    method: str
    path: str
    query: dict[str, str]
    token: str
    body: Any


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: "CannedServer"

    def _answer(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = urlsplit(self.path)
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        body = json.loads(content) if content else None
        self.server.asked.append(Asked(self.command, parts.path, dict(parse_qsl(parts.query)), token, body))
        answer = self.server.answers.pop(0)
        if answer.code == 0:
            self.close_connection = True
        else:
            self._send(answer)

    do_GET = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815 (names that the base class looks for)

    def _send(self, answer: Canned) -> None:
        content = (answer.body if isinstance(answer.body, str) else json.dumps(answer.body)).encode()
        kind = "text/plain" if isinstance(answer.body, str) else "application/json"
        self.send_response(answer.code)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


class CannedServer(LoopbackServer):
    """Gives its answers in their order; a client that asks more often gets none."""

    def __init__(self, answers: Sequence[Canned]) -> None:
        super().__init__(_Handler)
        self.answers, self.asked = list(answers), list[Asked]()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone away is not an error here."""

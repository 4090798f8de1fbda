"""What networks and servers can do to requests, between our functions and a healthy server."""

import http.client
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, Self
from urllib.parse import urlsplit

from tests.loopback import LoopbackServer

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def of(cls, status: int, body: Any = "", **headers: str) -> Self:
        content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        kind = "text/plain" if isinstance(body, str) else "application/json"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return cls(status, {"Content-Type": kind, **named}, content)


@dataclass(frozen=True)
class Request:
    """What a function sends; AWS services are distinguished by their operation, such as `DynamoDB_20120810.PutItem`."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.headers.get('X-Amz-Target', '')}".rstrip()


Forward = Callable[[Request], Reply]
# Returns the reply, or None to close the connection without one.
Behaviour = Callable[[Request, Forward], Reply | None]


@dataclass
class Fault:
    """A behaviour for requests whose text matches a pattern, the first few after `skip` of them."""

    pattern: re.Pattern[str]
    behaviour: Behaviour
    times: int
    skip: int = 0
    seen: int = 0

    def matches(self, request: Request) -> bool:
        if not self.pattern.search(str(request)):
            return False
        self.seen += 1
        return self.skip < self.seen <= self.skip + self.times


def refuse(reply: Reply) -> Behaviour:
    """The server gives this reply, and does nothing."""
    return lambda request, forward: reply


def drop(request: Request, forward: Forward) -> Reply | None:
    """The request is lost."""
    return None


def lose_answer(request: Request, forward: Forward) -> Reply | None:
    """The request is carried out, but its reply is lost."""
    forward(request)
    return None


class FaultProxy(LoopbackServer):
    """A context manager in front of one server; without faults it only forwards."""

    def __init__(self) -> None:
        self._target = ""
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self.requests: list[Request] = []
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def setup(self) -> None:
                super().setup()
                self.server_behind = http.client.HTTPConnection(urlsplit(proxy._target).netloc, timeout=60)

            def finish(self) -> None:
                self.server_behind.close()
                super().finish()

            def handle_expect_100(self) -> bool:
                accepted = super().handle_expect_100()
                # While this is only buffered, botocore keeps the body back for a second.
                self.wfile.flush()
                return accepted

            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline(65537)
                if not self.raw_requestline or not self.parse_request():
                    self.close_connection = True
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = Request(self.command, self.path, dict(self.headers), body)
                reply = proxy._serve(request, self.forward)
                if reply is None:
                    self.close_connection = True
                    return
                self.send_response_only(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(reply.body)
                self.wfile.flush()

            def forward(self, request: Request) -> Reply:
                headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP}
                self.server_behind.request(request.method, request.path, request.body or None, headers)
                answer = self.server_behind.getresponse()
                kept = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP_BY_HOP}
                return Reply(answer.status, kept, answer.read())

        super().__init__(Handler)

    def in_front_of(self, address: str) -> str:
        """Forward to this address, and return the one to use instead."""
        self._target = address
        return self.url

    @contextmanager
    def fault(self, pattern: str, behaviour: Behaviour, times: int = 1_000_000, skip: int = 0) -> Iterator[Fault]:
        """Misbehave for matching requests while the block lasts."""
        fault = Fault(re.compile(pattern), behaviour, times, skip)
        with self._lock:
            self._faults.append(fault)
        try:
            yield fault
        finally:
            with self._lock:
                self._faults.remove(fault)

    def _serve(self, request: Request, forward: Forward) -> Reply | None:
        with self._lock:
            self.requests.append(request)
            matching = [fault for fault in self._faults if fault.matches(request)]
        return matching[0].behaviour(request, forward) if matching else forward(request)

"""The HTTP side of one Lambda execution environment: hands it one event at a time and takes its answer."""

import json
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from queue import SimpleQueue
from typing import Any
from uuid import uuid4

from local.http_server import HttpServer


@dataclass(frozen=True)
class Answer:
    """The outcome of an invocation: the payload, and whether it describes an error instead of a result."""

    payload: bytes
    failed: bool = False

    @classmethod
    def error(cls, kind: str, message: str) -> "Answer":
        return cls(json.dumps({"errorType": kind, "errorMessage": message}).encode(), failed=True)


@dataclass(frozen=True)
class Invocation:
    event: bytes
    function_arn: str
    timeout_seconds: float
    request_id: str = field(default_factory=lambda: str(uuid4()))
    answer: "Future[Answer]" = field(default_factory=Future)


class RuntimeApi:
    """Serves one process; `ready` is resolved by its first request for work, or by the error that prevents it."""

    def __init__(self) -> None:
        self.ready: Future[Answer | None] = Future()
        self._lock = threading.Lock()
        self._work: SimpleQueue[Invocation | None] = SimpleQueue()
        self._current: Invocation | None = None
        self._gone: Answer | None = None
        self._server = HttpServer(type("Handler", (_Handler,), {"api": self}))
        self._server.start()

    @property
    def address(self) -> str:
        return self._server.address

    def hand_over(self, invocation: Invocation) -> None:
        with self._lock:
            self._current = invocation
            if self._gone:
                _settle(invocation.answer, self._gone)
        self._work.put(invocation)

    def next_invocation(self) -> Invocation | None:
        _settle(self.ready, None)
        return self._work.get()

    def report(self, answer: Answer) -> None:
        """Take the answer of the process, or its report that it cannot start."""
        with self._lock:
            if not self.ready.done():
                _settle(self.ready, answer)
            elif self._current:
                _settle(self._current.answer, answer)

    def close(self, reason: Answer) -> None:
        """The process is gone; whoever waits for it, or still hands it work, gets the reason as the answer."""
        self.report(reason)
        with self._lock:
            self._gone = reason
            if self._current:
                _settle(self._current.answer, reason)
        self._work.put(None)
        self._server.close()


def _settle(future: "Future[Any]", result: Any) -> None:
    """The first result counts: a process that is killed for being late may still answer."""
    if not future.done():
        future.set_result(result)


class _Handler(BaseHTTPRequestHandler):
    api: RuntimeApi
    protocol_version = "HTTP/1.1"
    # Unbuffered, each header line is a packet; Nagle's algorithm and delayed ACKs then cost 50 ms per invocation.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        invocation = self.api.next_invocation()
        if invocation is None:
            self.close_connection = True
            return
        now = time.time()
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(int((now + invocation.timeout_seconds) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
            "Lambda-Runtime-Trace-Id": f"Root=1-{int(now):08x}-{uuid4().hex[:24]};Parent={uuid4().hex[:16]};Sampled=0",
            "Content-Type": "application/json",
        }
        self.respond(200, invocation.event, headers)

    def do_POST(self) -> None:
        payload = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.respond(202, b"{}", {})
        self.api.report(Answer(payload, failed=self.path.endswith("/error")))

    def respond(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: the function has a log of its own."""

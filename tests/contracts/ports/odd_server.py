"""A server that gives one answer to every request, however odd."""

from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.loopback import LoopbackServer

Body = Callable[[], Iterable[bytes]]


class OddServer(LoopbackServer):
    """A context manager; the body is made anew for each request, and may be endless."""

    def __init__(self, status: int = 200, headers: dict[str, str] | None = None, body: Body = lambda: ()) -> None:
        self.requests: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        odd = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                odd.requests.append((self.command, self.path))
                odd.headers.append(dict(self.headers))
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    for piece in body():
                        self.wfile.write(piece)
                except OSError:
                    """The client has seen enough."""

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 (names of the base class)

            def log_message(self, *_: Any) -> None:
                """Log nothing."""

        super().__init__(Handler)

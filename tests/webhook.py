"""Slack's side of a webhook, on this machine."""

import json
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.loopback import LoopbackServer


class Webhook(LoopbackServer):
    """A context manager that keeps every message; `answer` is the status it gives."""

    def __init__(self) -> None:
        self.answer = 200
        self.received: list[Any] = []
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                webhook.received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(webhook.answer)
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Log nothing."""

        super().__init__(Handler)
        self.origin = self.url

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.received]

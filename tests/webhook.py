"""The other side of a channel over HTTP, on this machine: Slack's webhooks, its API, or PagerDuty."""

import json
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from typing import Any, NamedTuple

from tests.loopback import LoopbackServer


class Call(NamedTuple):
    """A request: its path, its headers and its document."""

    path: str
    headers: Mapping[str, str]
    body: Any


class Webhook(LoopbackServer):
    """A context manager that keeps every message. `answer` is the status it gives and `reply` the text with it.

    While there are `replies` for a path, they are given one after the other instead.
    """

    def __init__(self) -> None:
        self.answer = 200
        self.reply = "ok"
        self.replies: dict[str, list[str]] = {}
        self.headers: dict[str, str] = {}
        self.delay_seconds = 0.0
        self.calls: list[Call] = []
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                webhook.calls.append(Call(self.path, dict(self.headers), body))
                replies = webhook.replies.get(self.path)
                content = (replies.pop(0) if replies else webhook.reply).encode()
                time.sleep(webhook.delay_seconds)
                self.send_response(webhook.answer)
                self.send_header("Location", f"{webhook.url}/elsewhere")
                self.send_header("Content-Length", str(len(content)))
                for name, value in webhook.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                """Log nothing."""

        super().__init__(Handler)
        self.origin = self.url

    @property
    def received(self) -> list[Any]:
        return [call.body for call in self.calls]

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.received]

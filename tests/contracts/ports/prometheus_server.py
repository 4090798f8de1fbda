"""A real Prometheus server on this machine, filled with samples, and a fake one that answers whatever a test wants."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import requests

from tests.loopback import LoopbackServer

DEADLINE_SECONDS = 30.0


def is_installed() -> bool:
    return bool(shutil.which("prometheus") and shutil.which("promtool"))


@contextmanager
def prometheus(folder: Path, samples: str) -> Iterator[str]:
    """The address of a server; `samples` are in the OpenMetrics text format, with timestamps."""
    (folder / "samples.txt").write_text(f"{samples}# EOF\n")
    blocks = ["promtool", "tsdb", "create-blocks-from", "openmetrics", folder / "samples.txt", folder / "data"]
    subprocess.run(blocks, check=True, capture_output=True)
    (folder / "prometheus.yml").write_text("global: {}\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        "prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=100y",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            _wait_until_ready(server, url)
            yield url
        finally:
            server.kill()


def _wait_until_ready(server: "subprocess.Popen[bytes]", url: str) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if requests.get(f"{url}/-/ready", timeout=1).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.05)
    raise TimeoutError(f"prometheus is not ready, its exit code is {server.poll()}")


class Answers(LoopbackServer):
    """A context manager: a server that gives the same answer to every request, and keeps the requests."""

    def __init__(self, body: str | bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        self.forms: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        answers, content = self, body.encode() if isinstance(body, str) else body

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answers.bodies.append(body)
                answers.forms.append({name: values[0] for name, values in parse_qs(body.decode()).items()})
                answers.headers.append(dict(self.headers))
                self.send_response(status)
                for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                """Log nothing."""

        super().__init__(Handler)

"""What stands between functions and servers takes no time of its own."""

import socket
from http.server import BaseHTTPRequestHandler

from tests.loopback import LoopbackServer
from tests.workflow.fault_proxy import FaultProxy

PUT = b"PUT /a HTTP/1.1\r\nHost: here\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"


class Echo(BaseHTTPRequestHandler):
    """Answers with the body, and keeps its connection open."""

    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def test_a_client_that_waits_until_it_may_send_its_body_waits_for_nothing() -> None:
    with LoopbackServer(Echo) as server, FaultProxy() as proxy:
        proxy.in_front_of(server.url)
        with socket.create_connection(("127.0.0.1", proxy.server_port), timeout=10) as client:
            client.sendall(PUT)
            assert client.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
            client.sendall(b"body")
            with client.makefile("rb") as answer:
                assert answer.readline() == b"HTTP/1.1 200 OK\r\n"

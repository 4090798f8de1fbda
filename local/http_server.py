"""HTTP servers in threads of this process. A stack has thirty of them, so none wakes up without a request."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class HttpServer(ThreadingHTTPServer):
    """Listens on a port of the loopback interface; 0 is any that is free.

    `serve_forever` would look several times a second whether it is to stop.
    """

    def __init__(self, handler: type[BaseHTTPRequestHandler], port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), handler)
        self._stopping = False
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Accept no more connections; those that are open go on. To close it again changes nothing."""
        if self._stopping:
            return
        self._stopping = True
        # The thread notices with its next connection.
        socket.create_connection(("127.0.0.1", self.server_port)).close()
        self._thread.join()
        self.server_close()

    def _accept(self) -> None:
        while not self._stopping:
            self.handle_request()

"""What all servers of tests share: a free port of this machine, and a thread that ends with the block."""

from typing import Self

from local.http_server import HttpServer


class LoopbackServer(HttpServer):
    """A context manager that serves on a free port."""

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
